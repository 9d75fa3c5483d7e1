package io.headroom.disk;

import io.headroom.model.Bytes;
import io.headroom.model.VolumeId;
import java.time.Duration;
import java.util.Optional;

/**
 * What is known of one disk, for people and for machines.
 *
 * @param node QEMU's name of the disk's format node
 * @param device the device's size as this host measured it
 * @param limit the most that the image can ever take
 * @param pointer the end of what the guest has written; empty while unknown
 * @param threshold armed in QEMU now; zero where none is
 * @param bytesPerSecond the guest's present rate
 * @param left time until the guest reaches the end of the device; empty while unknown or not writing
 * @param extensions finished since this process knows the disk
 * @param lastTook from QEMU's event to re-armed, the last time
 * @param problem what does not work now; empty where all does
 */
public record DiskReport(
        VolumeId volume,
        String name,
        String node,
        Disk.Phase phase,
        Bytes device,
        Bytes virtualSize,
        Bytes limit,
        Optional<Bytes> pointer,
        Bytes threshold,
        long bytesPerSecond,
        Optional<Duration> left,
        long extensions,
        Optional<Duration> lastTook,
        String problem) {}
