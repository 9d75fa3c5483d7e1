package io.headroom.cluster;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.VolumeId;
import io.headroom.port.PoolLease;
import io.headroom.port.PoolLease.Acquisition;
import io.headroom.port.Tenure;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What holds for every lease, whatever it is made of. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
abstract class PoolLeaseContract {
    /** How long a lease that was given back may take to be free. */
    private static final Duration FREE_LIMIT = Duration.ofSeconds(60);

    final ExecutorService executor = Executors.newFixedThreadPool(4);
    final List<Epoch> tagged = new CopyOnWriteArrayList<>();
    private final Map<Integer, PoolLease> leases = new ConcurrentHashMap<>();
    private final List<Tenure> taken = new CopyOnWriteArrayList<>();

    /** The one lease as this host's node has it. */
    abstract PoolLease newLease(int host, Metadata.Source source) throws Exception;

    @AfterEach
    final void giveEverythingBack() {
        taken.forEach(tenure -> done(tenure.release()));
        executor.shutdownNow();
    }

    @Test
    void secondHost_isToldWhoHoldsIt() throws Exception {
        taken(1);

        Acquisition second = done(lease(2).acquire());
        assertThat(second).isInstanceOf(Acquisition.Busy.class);
        assertThat(((Acquisition.Busy) second).holder()).contains("host 1");
    }

    @Test
    void givenBack_isFreeForTheNext_andTheFormerTenureIsOver() throws Exception {
        Tenure first = taken(1);
        done(first.release());

        taken(2);
        assertOver(first.tag(new Epoch(1)));
        assertThat(first.lost().toCompletableFuture()).isNotDone();
    }

    @Test
    void acquiredAgainByItsOwnNode_endsTheFormerTenureOnly() throws Exception {
        Tenure former = taken(1);
        Tenure later = taken(1);

        assertOver(former.tag(new Epoch(1)));
        assertOver(former.inspect());
        assertOver(former.change(new Tenure.Change.Extend(new VolumeId("v"), Bytes.gibi(1))));
        assertThat(former.lost().toCompletableFuture()).isCompleted();
        done(later.tag(new Epoch(2)));
        assertThat(tagged).containsExactly(new Epoch(2));
    }

    @Test
    void formerTenureGivenBack_leavesTheLeaseWithTheLater() throws Exception {
        Tenure former = taken(1);
        Tenure later = taken(1);
        done(former.release());

        assertThat(done(lease(2).acquire())).isInstanceOf(Acquisition.Busy.class);
        done(later.tag(new Epoch(1)));
        done(later.release());
        taken(2);
    }

    @Test
    void lookedAt_tellsWhoHasIt_andThatItIsFreeAgain() throws Exception {
        Tenure tenure = taken(1);
        ProcessLease onlooker = (ProcessLease) lease(2);

        LeaseState held = onlooker.look();
        assertThat(held.held()).contains(true);
        assertThat(held.holder()).contains("host 1");
        assertThat(done(lease(2).acquire())).as("a look changes nothing").isInstanceOf(Acquisition.Busy.class);
        done(tenure.release());

        // sanlock hears of the end of the keeper, and then writes to the storage that nobody has the lease
        LeaseState free = await().atMost(FREE_LIMIT)
                .until(onlooker::look, state -> state.held().equals(Optional.of(false)));
        assertThat(free.place()).isEqualTo(held.place());
    }

    @Test
    void releasedTwice_isHarmless() throws Exception {
        Tenure tenure = taken(1);
        done(tenure.release());
        done(tenure.release());

        taken(2);
    }

    @Test
    void releasedDuringAChange_isGivenBackAfterIt() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch enough = new CountDownLatch(1);
        PoolLease slow = newLease(1, () -> new Recorded() {
            @Override
            public void tag(Epoch epoch) {
                begun.countDown();
                awaitLatch(enough);
                super.tag(epoch);
            }
        });
        Tenure tenure = takenFrom(slow);
        CompletableFuture<Void> change = tenure.tag(new Epoch(1)).toCompletableFuture();
        awaitLatch(begun);

        CompletableFuture<Void> release = tenure.release().toCompletableFuture();
        assertThat(done(lease(2).acquire())).isInstanceOf(Acquisition.Busy.class);
        assertThat(release).isNotDone();
        enough.countDown();
        done(release);
        assertThat(tagged).containsExactly(new Epoch(1));
        done(change);
        taken(2);
    }

    @Test
    void metadataThatCannotBeOpened_givesTheLeaseBack() throws Exception {
        PoolLease broken = newLease(1, () -> {
            throw new IOException("catalogue is damaged");
        });

        await().atMost(FREE_LIMIT)
                .untilAsserted(() ->
                        assertThatThrownBy(() -> done(broken.acquire())).hasMessageContaining("catalogue is damaged"));
        taken(2);
    }

    final PoolLease lease(int host) throws Exception {
        if (!leases.containsKey(host)) {
            leases.put(host, newLease(host, Recorded::new));
        }
        return leases.get(host);
    }

    final Tenure taken(int host) throws Exception {
        return takenFrom(lease(host));
    }

    final Tenure takenFrom(PoolLease lease) {
        Tenure tenure = ((Acquisition.Taken) await().atMost(FREE_LIMIT)
                        .until(() -> done(lease.acquire()), Acquisition.Taken.class::isInstance))
                .tenure();
        taken.add(tenure);
        return tenure;
    }

    static void assertOver(CompletionStage<?> stage) {
        assertThatThrownBy(() -> done(stage)).hasMessageContaining("this tenure is over");
    }

    static <T> T done(CompletionStage<T> stage) {
        return stage.toCompletableFuture().orTimeout(60, SECONDS).join();
    }

    private static void awaitLatch(CountDownLatch latch) {
        try {
            assertThat(latch.await(60, SECONDS)).isTrue();
        } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
    }

    private class Recorded implements Metadata {
        @Override
        public Tenure.Inventory inspect() {
            return new Tenure.Inventory(Bytes.gibi(1), Bytes.gibi(1), Bytes.mebi(1), Epoch.NONE, List.of(), List.of());
        }

        @Override
        public void tag(Epoch epoch) {
            tagged.add(epoch);
        }

        @Override
        public Tenure.Outcome change(Tenure.Change change) {
            return new Tenure.Outcome.Done();
        }
    }
}
