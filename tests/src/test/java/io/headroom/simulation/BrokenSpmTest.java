package io.headroom.simulation;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headroom.ledger.PoolEvent;
import io.headroom.model.Bytes;
import io.headroom.model.HostId;
import io.headroom.port.Tenure;
import io.headroom.spm.Spm;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** The invariants can fail: an SPM that breaks a rule of the house is found within a few seeds. */
class BrokenSpmTest {
    private static final long SEEDS = 20;

    /** Says that an entry of the log is written before it is. */
    private static final class Hasty extends SimSpm {
        private final Class<? extends PoolEvent> about;

        Hasty(Class<? extends PoolEvent> about, HostId id, Life life, Surroundings around) {
            super(id, life, around);
            this.about = about;
        }

        @Override
        CompletionStage<?> call(Spm.Step step) {
            CompletionStage<?> done = super.call(step);
            return step instanceof Spm.Append append
                            && about.isInstance(append.placed().entry().event())
                    ? CompletableFuture.completedFuture(null)
                    : done;
        }
    }

    /** Does not see that the pool has grown. */
    private static final class Blind extends SimSpm {
        Blind(HostId id, Life life, Surroundings around) {
            super(id, life, around);
        }

        @Override
        CompletionStage<?> call(Spm.Step step) {
            CompletionStage<?> done = super.call(step);
            return step instanceof Spm.Inspect ? done.thenApply(found -> empty((Tenure.Inventory) found)) : done;
        }

        private static Tenure.Inventory empty(Tenure.Inventory found) {
            return new Tenure.Inventory(
                    found.capacity(), Bytes.ZERO, found.extent(), found.tag(), found.volumes(), found.luns());
        }
    }

    /** Keeps its replies to itself. */
    private static final class Mute extends SimSpm {
        Mute(HostId id, Life life, Surroundings around) {
            super(id, life, around);
        }

        @Override
        CompletionStage<?> call(Spm.Step step) {
            return step instanceof Spm.Answer ? CompletableFuture.completedFuture(null) : super.call(step);
        }
    }

    /** Takes more than it wrote down. */
    private static final class Greedy extends SimSpm {
        Greedy(HostId id, Life life, Surroundings around) {
            super(id, life, around);
        }

        @Override
        CompletionStage<?> call(Spm.Step step) {
            return step instanceof Spm.Change change && change.to() instanceof Tenure.Change.Extend extend
                    ? super.call(new Spm.Change(new Tenure.Change.Extend(
                            extend.volume(), extend.size().plus(SimPool.EXTENT))))
                    : super.call(step);
        }
    }

    /** Says of some changes that they are made, and does not make them. */
    private static final class Lazy extends SimSpm {
        private final Class<? extends Tenure.Change> about;

        Lazy(Class<? extends Tenure.Change> about, HostId id, Life life, Surroundings around) {
            super(id, life, around);
            this.about = about;
        }

        @Override
        CompletionStage<?> call(Spm.Step step) {
            return step instanceof Spm.Change change && about.isInstance(change.to())
                    ? CompletableFuture.completedFuture(new Tenure.Outcome.Done())
                    : super.call(step);
        }
    }

    /** Does not see who uses a volume. */
    private static final class Reckless extends SimSpm {
        Reckless(HostId id, Life life, Surroundings around) {
            super(id, life, around);
        }

        @Override
        CompletionStage<?> call(Spm.Step step) {
            CompletionStage<?> done = super.call(step);
            return step instanceof Spm.Inspect ? done.thenApply(found -> free((Tenure.Inventory) found)) : done;
        }

        private static Tenure.Inventory free(Tenure.Inventory found) {
            return new Tenure.Inventory(
                    found.capacity(),
                    found.free(),
                    found.extent(),
                    found.tag(),
                    found.volumes().stream()
                            .map(volume -> volume.withHosts(Set.of()))
                            .toList(),
                    found.luns());
        }
    }

    @Test
    void changeBeforeIntent_isFound() {
        assertFound(
                (id, life, around) -> new Hasty(PoolEvent.OrderIntended.class, id, life, around),
                "no intent stands in the log");
    }

    @Test
    void wipingThatIsLeftOut_isFound() {
        assertFound(
                (id, life, around) -> new Lazy(Tenure.Change.Wipe.class, id, life, around),
                "removed before it was wiped");
    }

    @Test
    void removalThatIsLeftOut_isFound() {
        assertFound(
                (id, life, around) -> new Lazy(Tenure.Change.Remove.class, id, life, around),
                "the operator was told",
                "nobody has seen to its end");
    }

    @Test
    void deletionOfWhatIsInUse_isFound() {
        assertFound(Reckless::new, "what is in use is deleted");
    }

    @Test
    void replyBeforeFact_isFound() {
        assertFound(
                (id, life, around) -> new Hasty(PoolEvent.VolumeExtended.class, id, life, around), "the log tells of");
    }

    @Test
    void extensionBeforeIntent_isFound() {
        assertFound(
                (id, life, around) -> new Hasty(PoolEvent.ExtensionIntended.class, id, life, around),
                "no intent stands in the log");
    }

    @Test
    void extensionBeyondIntent_isFound() {
        assertFound(Greedy::new, "no intent stands in the log", "granted beyond the limit");
    }

    @Test
    void spaceThatIsNotLookedFor_isFound() {
        assertFound(Blind::new, "free");
    }

    @Test
    void repliesThatAreNotWritten_areFound() {
        assertFound(Mute::new, "stands unanswered", "a disk is ASKING");
    }

    private static void assertFound(World.SpmMaker broken, String... words) {
        assertThatThrownBy(() -> LongStream.rangeClosed(1, SEEDS)
                        .forEach(seed -> new Simulation(seed, Execution.PLAIN, broken).run()))
                .isInstanceOf(AssertionError.class)
                .extracting(Throwable::getMessage)
                .matches(message -> List.of(words).stream().anyMatch(String.valueOf(message)::contains));
    }
}
