package io.headroom.node.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.headroom.model.VmName;
import io.headroom.node.qemu.MonitorSighting.Found;
import io.headroom.node.qemu.MonitorSighting.Gone;
import io.headroom.node.qemu.MonitorSighting.Unlisted;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
class MonitorDirectoryTest {
    /** Longer than a machine is busy with other things. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final Duration NEVER = Duration.ofHours(1);
    private static final Duration OFTEN = Duration.ofMillis(20);
    private static final VmName VM = new VmName("vm1");

    @TempDir
    Path temporary;

    private final List<MonitorSighting> sightings = new CopyOnWriteArrayList<>();
    private final List<FakeMonitor> monitors = new ArrayList<>();
    private MonitorDirectory watching;

    @AfterEach
    void close() throws IOException {
        if (watching != null) {
            watching.close();
        }
        for (FakeMonitor monitor : monitors) {
            monitor.close();
        }
    }

    @Test
    void socketDroppedIn_isFoundWithoutWaitingForTheFloor() throws IOException {
        Path marker = listen(temporary.resolve("marker.qmp"));
        watch(temporary, Map.of(), NEVER);
        await().atMost(PATIENCE).until(() -> sightings.contains(new Found(new VmName("marker"), marker)));

        Path socket = listen(temporary.resolve("vm1.qmp"));

        await().atMost(PATIENCE).until(() -> sightings.contains(new Found(VM, socket)));
        monitors.get(1).close();
        Files.delete(socket);
        await().atMost(PATIENCE).until(() -> sightings.contains(new Gone(VM, socket)));
    }

    @Test
    void socketThatIsRemovedWhileItsQemuListens_isGoneWhenThatEnds() throws IOException {
        Path socket = listen(temporary.resolve("vm1.qmp"));
        watch(temporary, Map.of(), OFTEN);
        await().atMost(PATIENCE).until(() -> sightings.contains(new Found(VM, socket)));

        Files.delete(socket);

        Path later = listen(temporary.resolve("vm2.qmp"));
        await().atMost(PATIENCE).until(() -> sightings.contains(new Found(new VmName("vm2"), later)));
        assertThat(sightings).noneMatch(Gone.class::isInstance);
        monitors.get(0).close();
        await().atMost(PATIENCE).until(() -> sightings.contains(new Gone(VM, socket)));
    }

    @Test
    void otherFiles_areIgnored() throws IOException {
        Files.writeString(temporary.resolve("notes.qmp"), "no socket");
        Files.createDirectory(temporary.resolve("vm2"));
        Files.createSymbolicLink(temporary.resolve("dangling.qmp"), temporary.resolve("nowhere"));
        Path socket = listen(temporary.resolve("vm1.sock"));

        watch(temporary, Map.of(), OFTEN);

        await().atMost(PATIENCE).until(() -> !sightings.isEmpty());
        assertThat(sightings).containsExactly(new Found(VM, socket));
    }

    @Test
    void configuredSocket_isFoundEvenBeforeItIsThere() throws IOException {
        Path socket = temporary.resolve("elsewhere/vm1.qmp");

        watch(temporary, Map.of(VM, socket), OFTEN);

        await().atMost(PATIENCE).until(() -> sightings.equals(List.of(new Found(VM, socket))));
    }

    @Test
    void missingDirectory_isReportedOnceAndWatchedWhenItAppears() throws IOException {
        Path later = temporary.resolve("later");
        watch(later, Map.of(), OFTEN);
        await().atMost(PATIENCE).until(() -> !sightings.isEmpty());
        assertThat(sightings)
                .singleElement()
                .isInstanceOfSatisfying(
                        Unlisted.class, unlisted -> assertThat(unlisted.cause()).contains("NoSuchFile", "later"));

        Files.createDirectory(later);
        Path socket = listen(later.resolve("vm1.qmp"));

        await().atMost(PATIENCE).until(() -> sightings.contains(new Found(VM, socket)));
        assertThat(sightings).hasSize(2);
    }

    @Test
    void vanishedDirectory_losesNoSocketThatWasFound() throws IOException {
        Path run = Files.createDirectory(temporary.resolve("run"));
        Path socket = listen(run.resolve("vm1.qmp"));
        watch(run, Map.of(), OFTEN);
        await().atMost(PATIENCE).until(() -> sightings.contains(new Found(VM, socket)));

        Files.move(run, temporary.resolve("moved"));

        await().atMost(PATIENCE).until(() -> sightings.stream().anyMatch(Unlisted.class::isInstance));
        assertThat(sightings).noneMatch(Gone.class::isInstance);
    }

    private Path listen(Path socket) throws IOException {
        monitors.add(new FakeMonitor(socket, 1));
        return socket;
    }

    private void watch(Path directory, Map<VmName, Path> named, Duration floor) throws IOException {
        watching = MonitorDirectory.watch(directory, named, floor, sightings::add);
    }
}
