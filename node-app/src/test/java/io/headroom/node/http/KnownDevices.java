package io.headroom.node.http;

import io.headroom.lun.Device;
import io.headroom.lun.DeviceQuestion;
import io.headroom.lun.DeviceSight;
import io.headroom.model.Bytes;
import io.headroom.model.HostId;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;

/** Hosts whose devices a test decides: by host, the identity behind each path. */
public final class KnownDevices implements HostDevices {
    public volatile boolean areLuns;
    public volatile Bytes size = Bytes.gibi(10);
    public volatile List<String> data = List.of();
    public volatile Optional<Device.Physical> physical = Optional.empty();
    public final SortedMap<Integer, Map<String, String>> hosts = new TreeMap<>();
    /** How long each look lasts by the server's clock. */
    public volatile Duration takes = Duration.ZERO;

    public volatile Duration spent = Duration.ZERO;
    public final List<DeviceQuestion> questions = new CopyOnWriteArrayList<>();

    /** A pool of files, and hosts 1 and 2, which both have one blank device. */
    void reset() {
        areLuns = false;
        size = Bytes.gibi(10);
        data = List.of();
        physical = Optional.empty();
        takes = Duration.ZERO;
        spent = Duration.ZERO;
        hosts.clear();
        hosts.put(1, Map.of("/dev/sdb", "naa.1"));
        hosts.put(2, Map.of("/dev/sdb", "naa.1"));
        questions.clear();
    }

    @Override
    public boolean areLuns() {
        return areLuns;
    }

    @Override
    public CompletionStage<List<DeviceSight>> look(DeviceQuestion question) {
        questions.add(question);
        spent = spent.plus(takes);
        return CompletableFuture.completedFuture(hosts.entrySet().stream()
                .map(host -> sight(new HostId(host.getKey()), host.getValue(), question))
                .toList());
    }

    private DeviceSight sight(HostId host, Map<String, String> there, DeviceQuestion question) {
        Optional<String> path = there.entrySet().stream()
                .filter(one -> question.identity().isEmpty()
                        ? one.getKey().equals(question.path())
                        : one.getValue().equals(question.identity()))
                .map(Map.Entry::getKey)
                .findFirst();
        return new DeviceSight(
                host,
                path.map(found -> new Device(
                        found, List.of(found), there.get(found), size, 512, 512, true, data, physical, List.of())),
                path.isPresent() ? "" : "there is no such device",
                List.of("/dev/sd*"),
                512);
    }
}
