package io.headroom.spm;

import io.headroom.model.Moment;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** The one step that is under way, what follows it, and what else is to be done about an input. */
final class Steps {
    /** @param otherwise what follows where the step fails; empty where it is done again */
    private record Underway(Spm.Step step, Consumer<Object> then, Optional<Consumer<String>> otherwise) {}

    private final List<Spm.Effect> effects = new ArrayList<>();
    private Optional<Underway> underway = Optional.empty();
    private Optional<Moment> retryAt = Optional.empty();
    private String problem = "";
    private Moment now;
    private Instant time;

    void at(Moment moment, Instant wall) {
        now = moment;
        time = wall;
    }

    Moment now() {
        return now;
    }

    Instant time() {
        return time;
    }

    boolean areIdle() {
        return underway.isEmpty() && (retryAt.isEmpty() || !now.isBefore(retryAt.get()));
    }

    /** Begins a step that is done again until it is done. */
    <T> void perform(Spm.Step step, Consumer<T> then) {
        perform(step, then, Optional.empty());
    }

    /** Begins a step that is tried once. @param otherwise gets the cause of a failure */
    <T> void attempt(Spm.Step step, Consumer<T> then, Consumer<String> otherwise) {
        perform(step, then, Optional.of(otherwise));
    }

    private <T> void perform(Spm.Step step, Consumer<T> then, Optional<Consumer<String>> otherwise) {
        @SuppressWarnings("unchecked") // the actor answers each step with what its port promises
        Consumer<Object> typed = answer -> then.accept((T) answer);
        underway = Optional.of(new Underway(step, typed, otherwise));
        retryAt = Optional.empty();
        effects.add(step);
    }

    /** Performs {@code each} for every item, one after the other. */
    <I> void forAll(Iterator<? extends I> items, BiConsumer<I, Runnable> each, Runnable then) {
        if (items.hasNext()) {
            each.accept(items.next(), () -> forAll(items, each, then));
        } else {
            then.run();
        }
    }

    void also(Spm.Effect effect) {
        effects.add(effect);
    }

    void note(String text) {
        effects.add(new Spm.Note(text));
    }

    void done(Spm.Step step, Object answer) {
        underway.filter(of -> of.step().equals(step)).ifPresent(of -> {
            underway = Optional.empty();
            problem = "";
            of.then().accept(answer);
        });
    }

    /** Whether {@code step} is the one under way; an answer to another one is late and means nothing. */
    boolean isUnderway(Spm.Step step) {
        return underway.filter(of -> of.step().equals(step)).isPresent();
    }

    void failed(Spm.Step step, String cause) {
        Optional<Consumer<String>> otherwise = underway.flatMap(Underway::otherwise);
        if (otherwise.isPresent()) {
            underway = Optional.empty();
            otherwise.get().accept(cause);
            return;
        }
        pause(nameOf(step) + " failed: " + cause);
        note(problem + "; tried again every " + Spm.RETRY.toMillis() + " ms");
    }

    /** Nothing is done before the next try. */
    void pause(String because) {
        problem = because;
        retryAt = Optional.of(now.plus(Spm.RETRY));
    }

    /** Does the step that failed once more, when it is time. */
    void retry() {
        if (retryAt.isPresent() && !now.isBefore(retryAt.get())) {
            retryAt = Optional.empty();
            underway.ifPresent(of -> effects.add(of.step()));
        }
    }

    /** The step's outcome was found out in another way. */
    void settle(Object answer) {
        Underway of = underway.orElseThrow();
        underway = Optional.empty();
        of.then().accept(answer);
    }

    /** The present step is suspended for another one, whose end decides about it. */
    <T> void instead(Spm.Step step, Consumer<T> then) {
        Underway suspended = underway.orElseThrow();
        this.<T>perform(step, answer -> {
            underway = Optional.of(suspended);
            then.accept(answer);
        });
    }

    void drop() {
        underway = Optional.empty();
        retryAt = Optional.empty();
    }

    List<Spm.Effect> taken() {
        List<Spm.Effect> result = List.copyOf(effects);
        effects.clear();
        return result;
    }

    String problem() {
        return problem;
    }

    String doing() {
        return underway.map(of -> nameOf(of.step())).orElse("idle");
    }

    private static String nameOf(Spm.Step step) {
        Object named = step instanceof Spm.Change change ? change.to() : step;
        return named.getClass().getSimpleName();
    }
}
