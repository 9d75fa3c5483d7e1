package io.headroom.guest;

import io.headroom.model.Bytes;
import io.headroom.node.qemu.QemuImg;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/**
 * What a {@link GuestImage} writes, read back after the guest has stopped. The guest writes one request after the
 * other, so a sector that was never written before one that was is a lost write. Only the last request may be there in
 * part.
 *
 * @param disk 0 for the guest's first disk
 */
public record GuestPattern(GuestImage image, int disk) {
    private static final byte[] MAGIC = "HEADROOM".getBytes(StandardCharsets.US_ASCII);
    private static final byte FILLER = 0x5a;
    private static final byte[] NEVER_WRITTEN = new byte[GuestImage.SECTOR];

    /**
     * @param written of right sectors
     * @param bad sectors that are wrong or lost
     * @param firstBad what is wrong with the first of them
     */
    public record Findings(Bytes written, long bad, Optional<String> firstBad) {}

    /** Reads a qcow2 image that nobody writes to, by a raw copy beside it that is removed again. */
    public Findings verifyImage(Path qcow2, QemuImg qemuImg) throws IOException {
        Path raw = qcow2.resolveSibling(qcow2.getFileName() + ".raw");
        try {
            qemuImg.convertToRaw(qcow2.toAbsolutePath(), raw.toAbsolutePath());
            return verify(raw);
        } finally {
            Files.deleteIfExists(raw);
        }
    }

    /** Reads a raw copy of the disk. */
    public Findings verify(Path raw) throws IOException {
        Tally tally = new Tally();
        ByteBuffer buffer = ByteBuffer.allocate(image.request() * GuestImage.SECTOR);
        try (FileChannel channel = FileChannel.open(raw)) {
            for (long offset = 0; offset < image.sectors(); offset += image.stride()) {
                int count = (int) Math.min(image.request(), image.sectors() - offset);
                long start = image.first() + offset;
                read(channel, buffer.clear().limit(count * GuestImage.SECTOR), start * GuestImage.SECTOR);
                tally.beginRequest();
                for (int i = 0; i < count; i++) {
                    tally.add(
                            start + i,
                            Arrays.copyOfRange(buffer.array(), i * GuestImage.SECTOR, (i + 1) * GuestImage.SECTOR));
                }
            }
        }
        return tally.findings();
    }

    private static void read(FileChannel channel, ByteBuffer buffer, long position) throws IOException {
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, position + buffer.position()) < 0) {
                throw new IOException("the copy ends at byte " + channel.size() + ", inside the guest's region");
            }
        }
    }

    private byte[] sector(long lba) {
        byte[] bytes = new byte[GuestImage.SECTOR];
        Arrays.fill(bytes, FILLER);
        ByteBuffer.wrap(bytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(MAGIC)
                .putInt((int) lba)
                .putInt(image.vm())
                .putInt(disk)
                .putInt(GuestImage.SECTOR - Integer.BYTES, (int) lba);
        return bytes;
    }

    /** Counts sectors in the order in which the guest wrote them. */
    private final class Tally {
        private long right;
        private long bad;
        private String firstBad;
        private long emptyBefore;
        private long emptyHere;
        private long firstEmpty = -1;

        void beginRequest() {
            emptyBefore += emptyHere;
            emptyHere = 0;
        }

        void add(long lba, byte[] found) {
            if (Arrays.equals(found, NEVER_WRITTEN)) {
                emptyHere++;
                firstEmpty = firstEmpty < 0 ? lba : firstEmpty;
                return;
            }
            if (emptyBefore > 0) {
                note(emptyBefore, "sector " + firstEmpty + " was never written, but sector " + lba + " was");
                emptyBefore = 0;
                firstEmpty = -1;
            }
            if (Arrays.equals(found, sector(lba))) {
                right++;
            } else {
                note(
                        1,
                        "sector " + lba + " holds something else: it begins with "
                                + new String(found, 0, MAGIC.length, StandardCharsets.ISO_8859_1));
            }
        }

        private void note(long count, String what) {
            bad += count;
            firstBad = firstBad == null ? what : firstBad;
        }

        Findings findings() {
            return new Findings(Bytes.of(right * GuestImage.SECTOR), bad, Optional.ofNullable(firstBad));
        }
    }
}
