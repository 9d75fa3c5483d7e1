package io.headroom.node.file;

import io.headroom.ledger.PoolEvent;
import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.PoolId;
import io.headroom.model.VolumeId;
import io.headroom.model.VolumeName;
import io.headroom.node.mailbox.NewMailbox;
import io.headroom.node.qemu.QemuImg;
import io.headroom.port.Tenure.Volume;
import io.headroom.store.block.BlockDevice;
import io.headroom.store.mailbox.Identity;
import io.headroom.store.mailbox.Layout;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * Makes a file pool. {@code pool.json} comes last: until it stands there is no pool, and a creation that was
 * interrupted begins anew over what it left.
 *
 * @param extent sizes are multiples of it
 * @param hosts how many hosts the mailbox has blocks for, with the ids 1 to {@code hosts}
 * @param initial what each volume is given at first
 * @param volumes virtual sizes by name
 */
public record PoolCreation(Bytes capacity, Bytes extent, int hosts, Bytes initial, Map<String, Bytes> volumes) {
    /** A pool comes to be before its first tenure. */
    private static final Epoch BEFORE_THE_FIRST = Epoch.NONE;

    private static final Bytes CLUSTER = Bytes.of(64 * 1024);
    private static final String MARK = "creating";

    public PoolCreation {
        volumes = Map.copyOf(volumes);
    }

    /** @return the identity of the new pool */
    public PoolId create(Path directory, QemuImg qemuImg, Instant now) throws IOException {
        PoolFiles files = new PoolFiles(directory);
        PoolId id = new PoolId(UUID.randomUUID().toString());
        List<Volume> entries = entries(new Images(files, qemuImg));
        Layout layout = NewMailbox.layout(hosts, volumes.size() + 1);
        claim(files);
        Files.createDirectories(files.catalogue());
        Files.createDirectories(files.volumes());
        Files.createDirectories(files.hosts());
        Files.createDirectories(files.journal());
        Files.deleteIfExists(files.mailbox());
        for (Volume entry : entries) {
            Path image = files.image(entry.name());
            qemuImg.create(image, entry.virtualSize());
            // QEMU lets nobody enlarge a bounded node beyond the length that its file had when it was opened.
            DurableFile.lengthen(image, entry.limit().roundedUpTo(extent).value());
        }
        Catalogue catalogue = new Catalogue(files.catalogue());
        for (Volume entry : entries) {
            catalogue.put(entry);
        }
        catalogue.tag(BEFORE_THE_FIRST);
        writeMailbox(files, new Identity(id, layout), entries, now);
        Files.createFile(files.lease());
        DurableFile.force(files.volumes());
        FilePool.ofOneLun(id, capacity, extent, now).write(files.identity());
        Files.delete(files.directory().resolve(MARK));
        return id;
    }

    private List<Volume> entries(Images images) throws IOException {
        if (extent.isZero() || extent.value() % CLUSTER.value() != 0) {
            throw new IllegalArgumentException("the extent is " + extent + "; allowed are multiples of " + CLUSTER);
        }
        Bytes sum = Bytes.ZERO;
        List<Volume> entries = new ArrayList<>();
        for (String name : volumes.keySet().stream().sorted().toList()) {
            new VolumeName(name);
            Bytes virtualSize = volumes.get(name);
            if (virtualSize.isZero()) {
                throw new IllegalArgumentException("volume " + name + " has no size");
            }
            Bytes limit = images.limit(virtualSize);
            Bytes size = initial.min(limit).max(CLUSTER).roundedUpTo(extent);
            VolumeId id = new VolumeId(UUID.randomUUID().toString());
            entries.add(Volume.ready(id, name, size, virtualSize, limit));
            sum = sum.plus(size);
        }
        if (sum.isOver(capacity)) {
            throw new IllegalArgumentException("the volumes take " + sum + " at first, and the pool has " + capacity
                    + "; give a larger --capacity or a smaller --initial");
        }
        return entries;
    }

    /** Makes the directory ours: it is new, empty, or holds what an interrupted creation left. */
    private static void claim(PoolFiles files) throws IOException {
        if (Files.exists(files.identity())) {
            throw new UnusablePool(files.directory() + " holds a pool already; name another directory");
        }
        Files.createDirectories(files.directory());
        Path mark = files.directory().resolve(MARK);
        if (Files.exists(mark)) {
            Files.deleteIfExists(files.lease());
            empty(files.catalogue());
            empty(files.volumes());
            return;
        }
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(files.directory())) {
            if (entries.iterator().hasNext()) {
                throw new UnusablePool(files.directory() + " is not empty; name an empty or a new directory");
            }
        }
        Files.createFile(mark);
        DurableFile.force(files.directory());
    }

    private static void empty(Path directory) throws IOException {
        if (Files.isDirectory(directory)) {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
                for (Path file : files) {
                    Files.delete(file);
                }
            }
        }
    }

    private void writeMailbox(PoolFiles files, Identity identity, List<Volume> entries, Instant now)
            throws IOException {
        List<PoolEvent> events = new ArrayList<>();
        events.add(new PoolEvent.PoolCreated(identity.pool(), capacity, extent));
        for (Volume entry : entries) {
            events.add(new PoolEvent.VolumeCreated(entry.id(), entry.name(), entry.size(), entry.virtualSize()));
        }
        try (BlockDevice device = BlockDevice.openOrCreate(files.mailbox(), BlockDevice.Settings.DIRECT)) {
            NewMailbox.write(device, identity, events, now);
        }
    }
}
