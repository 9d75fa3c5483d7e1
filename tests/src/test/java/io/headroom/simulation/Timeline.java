package io.headroom.simulation;

import io.headroom.model.Moment;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.PriorityQueue;

/** Virtual time and what happens in it: one event after the other, in an order that the seed alone decides. */
final class Timeline {
    private record Event(long at, long order, Runnable act) {}

    private final PriorityQueue<Event> events =
            new PriorityQueue<>(Comparator.comparingLong(Event::at).thenComparingLong(Event::order));
    private long now;
    private long planned;
    private long happened;

    Moment now() {
        return new Moment(now);
    }

    Instant time() {
        return Instant.EPOCH.plusNanos(now);
    }

    long happened() {
        return happened;
    }

    /** Events of the same moment happen in the order in which they were planned. */
    void after(Duration delay, Runnable act) {
        events.add(new Event(now + delay.toNanos(), planned++, act));
    }

    /** Lets this much time pass; {@code afterEach} event everything is looked at. */
    void pass(Duration duration, Runnable afterEach) {
        long end = now + duration.toNanos();
        while (!events.isEmpty() && events.peek().at() <= end) {
            Event next = events.remove();
            now = next.at();
            happened++;
            next.act().run();
            afterEach.run();
        }
        now = end;
    }
}
