package io.headroom.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.headroom.cluster.Runner.Ended;
import io.headroom.model.HostId;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** What is asked of sanlock, and what is made of its answers; {@link SanlockLeaseTest} asks the real one. */
class SanlockTest {
    /** Longer than a machine is busy with other things. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final String JOINED = "inq_lockspace\ninq_lockspace done 0\n";
    private static final String NOT_JOINED = "inq_lockspace\ninq_lockspace done -2\n";
    private static final String WATCHDOG = "daemon host1\n    use_watchdog=1\n";

    private final SanlockArea area = new SanlockArea("headroom_pool", Path.of("/dev/pool/headroom_leases"));
    private final Map<String, Ended> answers = new LinkedHashMap<>();
    private final List<String> asked = new CopyOnWriteArrayList<>();
    /** What a command waits for before it is answered. */
    private final Map<String, CountDownLatch> meanwhile = new HashMap<>();

    private final Sanlock sanlock = new Sanlock(
            area,
            new HostId(7),
            new Sanlock.Settings(Duration.ofSeconds(10), true, Optional.empty()),
            (argv, environment, limit) -> answer(String.join(" ", argv)));

    @Test
    void area_isMadeWithTheIoTimeout() throws IOException {
        answer("direct init", "init done 0\n");

        sanlock.create();

        assertThat(asked)
                .containsExactly(
                        "sanlock direct init -s headroom_pool:0:/dev/pool/headroom_leases:0 -o 10",
                        "sanlock direct init -r headroom_pool:spm:/dev/pool/headroom_leases:8388608 -o 10",
                        "sanlock direct init -r headroom_pool:majority:/dev/pool/headroom_leases:16777216 -o 10");
    }

    @Test
    void areaThatCannotBeMade_isAnError() {
        answer("direct init", "init done -5\n");

        assertThatThrownBy(sanlock::create)
                .hasMessageContaining("could not initialise")
                .hasMessageContaining("-5");
    }

    @Test
    void memberOfTheLockspace_doesNotJoinAgain() throws IOException {
        answer("status", WATCHDOG);
        answer("inq_lockspace", JOINED);

        sanlock.join();

        assertThat(asked).noneMatch(command -> command.contains("add_lockspace"));
    }

    @Test
    void host_joinsUnderItsOwnNumber() throws IOException {
        answer("status", WATCHDOG);
        answer("inq_lockspace", NOT_JOINED);
        answer("add_lockspace", "add_lockspace_timeout 10\nadd_lockspace_timeout done 0\n");

        sanlock.join();

        assertThat(asked.get(2))
                .isEqualTo("sanlock client add_lockspace -s headroom_pool:7:/dev/pool/headroom_leases:0 -o 10");
    }

    @Test
    void hostIdOfAnotherLivingHost_isRefusedWithItsName() {
        answer("status", WATCHDOG);
        answer("inq_lockspace", NOT_JOINED);
        answer("add_lockspace", "add_lockspace_timeout 10\nadd_lockspace_timeout done -262\n");
        answer("read_leader -s headroom_pool:7:", "read_leader done 0\nspace_name headroom_pool\nresource_name hv7\n");

        assertThatThrownBy(sanlock::join)
                .hasMessageContaining("host id 7")
                .hasMessageContaining("another living host (hv7)")
                .hasMessageContaining("this one is host1")
                .hasMessageContaining("headroom.host-id");
    }

    @Test
    void hostThatStays_hearsThatItsIdIsTaken_andTriesNoMore() {
        answer("status", WATCHDOG);
        answer("inq_lockspace", NOT_JOINED);
        answer("add_lockspace", "add_lockspace_timeout 10\nadd_lockspace_timeout done -262\n");
        answer("read_leader -s headroom_pool:7:", "read_leader done 0\nspace_name headroom_pool\nresource_name hv7\n");

        sanlock.stay();

        assertThat(sanlock.hostIdTaken().toCompletableFuture().join()).contains("(hv7)", "this one is host1");
        awaitNoMember();
    }

    @Test
    void lockspaceOnItsWayOutOrIn_isTriedLater() {
        answer("status", WATCHDOG);
        answer("inq_lockspace", "inq_lockspace\ninq_lockspace done -115\n");

        assertThatThrownBy(sanlock::join).hasMessageContaining("joined or left just now");
        assertThat(asked).noneMatch(command -> command.contains("add_lockspace"));
    }

    @Test
    void daemonThatIsNotThere_isNamedWithTheNextStep() {
        answers.put("status", new Ended(1, "", ""));

        assertThatThrownBy(sanlock::join).hasMessageContaining("systemctl start wdmd sanlock");
    }

    @Test
    void answerWithoutAResult_isAnError() {
        answer("direct init", "Segmentation fault\n");

        assertThatThrownBy(sanlock::create).hasMessageContaining("Segmentation fault");
    }

    @Test
    void hostThatStays_joinsByItself_untilItLeaves() throws IOException {
        answer("status", WATCHDOG);
        answer("inq_lockspace", NOT_JOINED);
        answer("add_lockspace", "add_lockspace_timeout 10\nadd_lockspace_timeout done 0\n");
        answer("rem_lockspace", "rem_lockspace\nrem_lockspace done 0\n");

        sanlock.stay();
        await().atMost(PATIENCE).until(() -> asked.stream().anyMatch(command -> command.contains("add_lockspace")));
        sanlock.leave(PATIENCE);

        awaitNoMember();
        assertThat(asked.get(asked.size() - 1)).contains("rem_lockspace");
    }

    @Test
    void leaving_doesNotWaitForAJoiningThatTakesLong() throws Exception {
        CountDownLatch joined = new CountDownLatch(1);
        answer("status", WATCHDOG);
        answer("inq_lockspace", NOT_JOINED);
        answer("add_lockspace", "add_lockspace_timeout done 0\n");
        meanwhile.put("add_lockspace", joined);

        sanlock.stay();
        await().atMost(PATIENCE).until(() -> asked.stream().anyMatch(command -> command.contains("add_lockspace")));
        assertThatThrownBy(() -> sanlock.leave(Duration.ofMillis(50)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("is joining the lockspace headroom_pool:7:");
        joined.countDown();

        awaitNoMember();
        assertThat(asked).noneMatch(command -> command.contains("rem_lockspace"));
    }

    @Test
    void leaving_isRepeatable() throws IOException {
        answer("rem_lockspace", "rem_lockspace\nrem_lockspace done -2\n");

        sanlock.leave(PATIENCE);
    }

    @Test
    void failedAttempt_thatNoOtherHolderExplains_hasNoHolder() throws IOException {
        LeaseTool lease = sanlock.spm();

        assertThat(lease.holder(1, "register; register done 3; acquire fd 3; acquire done -227"))
                .isEmpty();
        assertThat(lease.holder(1, "it said nothing")).isEmpty();
    }

    @Test
    void leaseThatThisHostIsJustGivingBack_isBusy() throws IOException {
        assertThat(sanlock.spm().holder(1, "register done 3; acquire fd 3; acquire done -11"))
                .get()
                .asString()
                .contains("host 7", "until it is given back");
    }

    @Test
    void holder_isTheOwnerByTheStorage_namedAsSanlockNamesIt() throws IOException {
        answer(
                "read_leader -r headroom_pool:spm:",
                "read_leader done 0\nowner_id 1\nowner_generation 4\ntimestamp 99\n");
        answer("read_leader -s headroom_pool:1:", "read_leader done 0\nresource_name hv1\n");

        assertThat(sanlock.spm().holder(1, "register done 3; acquire fd 3; acquire done -243"))
                .contains("host 1 (hv1)");
    }

    @Test
    void namesAndPathsThatSanlockWouldMisread_areRefused() {
        assertThatThrownBy(() -> new SanlockArea("a:b", Path.of("/dev/x"))).hasMessageContaining("letters");
        assertThatThrownBy(() -> new SanlockArea("a".repeat(49), Path.of("/dev/x")))
                .hasMessageContaining("48");
        assertThatThrownBy(() -> new SanlockArea("a", Path.of("/dev/a:b"))).hasMessageContaining("colon");
    }

    @Test
    void hostIsDead_afterEightIoTimeoutsAndAMinute_andItsLeasesFreeWhenAnotherLooked() {
        Sanlock.Settings settings = new Sanlock.Settings(Duration.ofSeconds(10), true, Optional.empty());

        assertThat(settings.deadAfter()).isEqualTo(Duration.ofSeconds(140));
        assertThat(settings.freeAfter()).isEqualTo(Duration.ofSeconds(160));
    }

    private static void awaitNoMember() {
        await().atMost(PATIENCE)
                .until(() -> Thread.getAllStackTraces().keySet().stream()
                        .noneMatch(thread -> thread.getName().equals("sanlock-headroom_pool")));
    }

    private void answer(String command, String output) {
        answers.put(command, new Ended(0, output, ""));
    }

    private Ended answer(String command) {
        asked.add(command);
        meanwhile.entrySet().stream()
                .filter(wait -> command.contains(wait.getKey()))
                .forEach(wait -> awaited(wait.getValue()));
        return answers.entrySet().stream()
                .filter(answer -> command.contains(answer.getKey()))
                .findFirst()
                .orElseThrow(() -> new AssertionError("unexpected: " + command))
                .getValue();
    }

    private static void awaited(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException interrupted) {
            throw new AssertionError("nobody interrupts this thread", interrupted);
        }
    }
}
