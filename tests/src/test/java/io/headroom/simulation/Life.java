package io.headroom.simulation;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** One run of a process. What a frozen process is told waits, what a dead one is told is lost. */
public final class Life {
    private final String name;
    private final Timeline timeline;
    private final Deque<Runnable> waiting = new ArrayDeque<>();
    private final List<Runnable> epilogues = new ArrayList<>();
    private boolean frozen;
    private boolean ended;

    Life(String name, Timeline timeline) {
        this.name = name;
        this.timeline = timeline;
    }

    public boolean isEnded() {
        return ended;
    }

    boolean isFrozen() {
        return frozen;
    }

    /** A message: it is taken in an event of its own, so that nobody is interrupted by his own doing. */
    void tell(Runnable message) {
        timeline.after(Duration.ZERO, () -> take(message));
    }

    private void take(Runnable message) {
        if (frozen && !ended) {
            waiting.add(message);
        } else if (!ended) {
            message.run();
        }
    }

    void after(Duration delay, Runnable message) {
        timeline.after(delay, () -> take(message));
    }

    /** Beats that a frozen process misses are not made up for. */
    void every(Duration period, Runnable beat) {
        timeline.after(period, () -> {
            if (!ended) {
                if (!frozen) {
                    beat.run();
                }
                every(period, beat);
            }
        });
    }

    /** What the world does when this process is gone. */
    void atEnd(Runnable epilogue) {
        epilogues.add(epilogue);
    }

    void freeze() {
        frozen = true;
    }

    void thaw() {
        frozen = false;
        while (!waiting.isEmpty()) {
            tell(waiting.remove());
        }
    }

    void end() {
        if (!ended) {
            ended = true;
            waiting.clear();
            epilogues.forEach(Runnable::run);
        }
    }

    @Override
    public String toString() {
        return timeline.now().nanos() / 1_000_000 + " " + name + (ended ? " (dead)" : frozen ? " (frozen)" : "");
    }
}
