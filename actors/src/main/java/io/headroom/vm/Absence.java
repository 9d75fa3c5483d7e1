package io.headroom.vm;

import io.headroom.model.Moment;
import java.time.Duration;
import java.util.Optional;

/**
 * Decides when a QEMU that left its socket behind, as one that was killed does, is taken for gone.
 *
 * <pre>
 *   may live ──Deserted──► suspected ──Deserted, the {@link #IN_A_ROW}th, {@link #LASTING} after the first──► certain
 *      ▲                       │                                                              │
 *      └─── it answers, or an attempt ends in another way ─────────────────────────┘
 * </pre>
 *
 * A single one says little: a QEMU that starts has its socket before it listens, and one that is upgraded in place has
 * none for a moment.
 */
final class Absence {
    static final int IN_A_ROW = 5;
    static final Duration LASTING = Duration.ofSeconds(5);

    private int inARow;
    private Optional<Moment> since = Optional.empty();
    private boolean certain;

    /** Nobody listened. @return whether this makes it certain, once */
    boolean deserted(Moment now) {
        Moment first = since.orElse(now);
        since = Optional.of(first);
        inARow = Math.min(inARow + 1, IN_A_ROW);
        boolean before = certain;
        certain |= inARow == IN_A_ROW && !now.isBefore(first.plus(LASTING));
        return certain && !before;
    }

    /** It answers, or nothing shows that it does not live. */
    void doubted() {
        inARow = 0;
        since = Optional.empty();
        certain = false;
    }

    boolean isCertain() {
        return certain;
    }
}
