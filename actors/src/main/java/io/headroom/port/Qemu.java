package io.headroom.port;

import io.headroom.model.Bytes;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** One QEMU process through its monitor. It connects by itself and again after a loss; see {@link Event.Connected}. */
public interface Qemu {
    /** The state of the VM and of every disk that it has. */
    CompletionStage<View> look();

    /**
     * Arms the write threshold of a storage node, or clears it with {@link Bytes#ZERO}, and then reads the node's
     * write pointer: a guest that is already past the threshold causes no event.
     */
    CompletionStage<Bytes> arm(String storageNode, Bytes threshold);

    /** Tells QEMU the new size of a storage node that it bounds itself ({@link Disk#bounded()}). */
    CompletionStage<Void> resize(String storageNode, Bytes size);

    /** Lets a stopped VM go on. Success says nothing: QEMU may stop it again at once. */
    CompletionStage<Void> resume();

    /** Ends the connection for good. */
    void close();

    /**
     * @param status QEMU's own word: {@code running}, {@code paused}, {@code io-error}, …
     * @param disks the writable disks only
     */
    record View(String status, List<Disk> disks) {
        public View {
            disks = List.copyOf(disks);
        }

        public boolean isStoppedByIoError() {
            return status.equals("io-error");
        }
    }

    /**
     * @param node the format node, which {@code BLOCK_IO_ERROR} names
     * @param storageNode the node below it, which counts host offsets and {@code BLOCK_WRITE_THRESHOLD} names
     * @param path the file or device at the bottom
     * @param format the image format: {@code qcow2}, {@code raw}, …
     * @param cluster the image's cluster size; zero where the format has none
     * @param size of the storage node as QEMU bounds it; zero where it does not
     * @param bounded QEMU itself bounds the storage node and has to be told when it grows
     * @param pointer the end of the highest write since QEMU opened the node, failed writes included
     * @param threshold armed now; zero where none is
     * @param ranOut a write has failed for want of space since QEMU opened it; QEMU never forgets it
     * @param backing the files or devices below the image, which QEMU only reads; the nearest first
     */
    record Disk(
            String node,
            String storageNode,
            String path,
            String format,
            Bytes virtualSize,
            Bytes cluster,
            Bytes size,
            boolean bounded,
            Bytes pointer,
            Bytes threshold,
            boolean ranOut,
            List<String> backing) {
        public Disk {
            backing = List.copyOf(backing);
        }

        /** One whose image lies on no other. */
        public Disk(
                String node,
                String storageNode,
                String path,
                String format,
                Bytes virtualSize,
                Bytes cluster,
                Bytes size,
                boolean bounded,
                Bytes pointer,
                Bytes threshold,
                boolean ranOut) {
            this(
                    node,
                    storageNode,
                    path,
                    format,
                    virtualSize,
                    cluster,
                    size,
                    bounded,
                    pointer,
                    threshold,
                    ranOut,
                    List.of());
        }
    }

    /** What QEMU says by itself, in the order in which it said it. */
    sealed interface Event {
        /** A monitor connection stands. What happened before is unknown: look. */
        record Connected() implements Event {}

        /** The connection is lost; it is tried again by itself. */
        record Disconnected(String cause) implements Event {}

        /**
         * A QEMU was heard at the monitor's socket, and now nobody listens there. Told after each attempt to connect that
         * finds so; any other failure is a {@link Disconnected} and says nothing about whether QEMU lives.
         */
        record Deserted() implements Event {}

        record ThresholdCrossed(String storageNode, Bytes threshold, Bytes exceededBy) implements Event {}

        /** @param node the format node */
        record IoFailed(String node, boolean noSpace, boolean stops) implements Event {}

        record Stopped() implements Event {}

        record Resumed() implements Event {}

        /** A person or the host ends the VM. */
        record ShuttingDown() implements Event {}
    }
}
