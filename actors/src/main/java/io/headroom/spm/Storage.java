package io.headroom.spm;

import io.headroom.ledger.PoolEvent;
import io.headroom.model.Epoch;
import io.headroom.model.Moment;
import io.headroom.port.Tenure;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** The pool's metadata in one tenure: what is known of it, and its changes, of which none is ever made blindly again. */
final class Storage {
    private final Steps steps;
    private final Pool pool;
    private final Epoch epoch;
    private final Consumer<String> release;
    private final LunHealth health = new LunHealth();
    private final List<PoolEvent> news = new ArrayList<>();
    private String unreadable = "";
    private Moment lookAt;
    private Moment learned;
    private Instant seen;

    /** @param release ends the tenure, with the reason */
    Storage(Steps steps, Pool pool, Epoch epoch, Consumer<String> release) {
        this.steps = steps;
        this.pool = pool;
        this.epoch = epoch;
        this.release = release;
        learned = steps.now();
        seen = steps.time();
        lookAt = steps.now().plus(Spm.LOOK_AT_LUNS);
        noteHealth(pool.luns());
    }

    Pool pool() {
        return pool;
    }

    /** When the storage was last looked at, for people. */
    Instant seen() {
        return seen;
    }

    /** Whether the pool may have changed since it was looked at, so that nothing may be refused by it. */
    boolean isOldNews() {
        return steps.now().since(learned).compareTo(Spm.BELIEVED) > 0;
    }

    void inspect(Runnable then) {
        steps.perform(new Spm.Inspect(), (Tenure.Inventory inventory) -> {
            learn(inventory);
            then.run();
        });
    }

    /** Looks where nobody has for a while, so that a LUN that went away is noticed. @return false where it is not time */
    boolean lookNowAndThen() {
        if (steps.now().isBefore(lookAt)) {
            return false;
        }
        lookAt = steps.now().plus(Spm.LOOK_AT_LUNS);
        steps.attempt(new Spm.Inspect(), this::learn, cause -> {
            unreadable = "the storage cannot be looked at: " + cause;
            steps.note(unreadable);
        });
        return true;
    }

    /** What became of LUNs since this was asked last. */
    List<PoolEvent> takeNews() {
        List<PoolEvent> taken = List.copyOf(news);
        news.clear();
        return taken;
    }

    List<String> problems() {
        List<String> problems = new ArrayList<>(health.problems());
        if (!unreadable.isEmpty()) {
            problems.add(unreadable);
        }
        return problems;
    }

    private void learn(Tenure.Inventory inventory) {
        pool.learn(inventory);
        learned = steps.now();
        seen = steps.time();
        lookAt = steps.now().plus(Spm.LOOK_AT_LUNS);
        unreadable = "";
        noteHealth(inventory.luns());
    }

    private void noteHealth(List<Tenure.Lun> luns) {
        for (PoolEvent event : health.learn(luns)) {
            steps.note(
                    event instanceof PoolEvent.LunLost lost
                            ? "LUN " + lost.device() + " " + lost.lun() + " is lost: " + lost.problem()
                            : "a LUN is well again: " + event);
            news.add(event);
        }
    }

    void change(Tenure.Change change, Consumer<Tenure.Outcome> then) {
        steps.perform(new Spm.Change(change), then);
    }

    /** Whether the storage did what it was told is unknown: it is looked at, never done again. */
    void findOut(Tenure.Change change, String cause) {
        steps.note("whether this was done is unknown: " + change + " (" + cause + "); the storage is looked at");
        steps.instead(new Spm.Inspect(), (Tenure.Inventory inventory) -> {
            learn(inventory);
            if (inventory.tag().isAfter(epoch)) {
                release.accept("the metadata is marked with epoch " + inventory.tag());
            } else {
                steps.settle(settled(change, inventory, cause));
            }
        });
    }

    private Tenure.Outcome settled(Tenure.Change change, Tenure.Inventory inventory, String cause) {
        boolean isDone = Deeds.isDone(change, inventory);
        if (change instanceof Tenure.Change.Extend extend) {
            return isDone
                    ? new Tenure.Outcome.Extended(pool.size(extend.volume()).orElseThrow())
                    : new Tenure.Outcome.NoSpace(pool.free());
        }
        return isDone
                ? new Tenure.Outcome.Done()
                : new Tenure.Outcome.Refused("it was not done, as far as the storage shows: " + cause);
    }
}
