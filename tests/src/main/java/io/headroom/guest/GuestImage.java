package io.headroom.guest;

import io.headroom.model.Bytes;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * The program of a guest that writes {@link GuestPattern} to its disks from one end of a region to the other, and the
 * boot disk that holds it. {@code bootwriter.asm} is its source.
 *
 * @param first the region's first sector, 2048 unless something else is asked for
 * @param sectors of the region, on each disk
 * @param vm stamped into every sector
 * @param stride sectors from one request to the next
 * @param request sectors of a request, 1 to 128
 * @param pace how fast it writes
 * @param disks how many disks get every request, one after the other
 */
public record GuestImage(long first, long sectors, int vm, long stride, int request, Pace pace, int disks) {
    /** Bytes. */
    public static final int SECTOR = 512;

    static final String RESOURCE = "bootwriter.bin";

    private static final int LARGEST_REQUEST = 128;
    private static final int TIMER_HERTZ = 1_193_182;
    private static final int SLOWEST_TIMER_HERTZ = 19;
    private static final int STEADY_HERTZ = 100;
    private static final double BIOS_HERTZ = 18.2;
    /** SeaBIOS boots from no smaller disk. */
    private static final int BOOT_DISK = 1 << 20;

    /**
     * @param perTick requests for each tick of the timer, 0 for as fast as it goes
     * @param divisor of the timer's frequency, 0 for the BIOS's 18.2 ticks a second
     */
    public record Pace(int perTick, int divisor) {
        public static final Pace FULL = new Pace(0, 0);
    }

    public GuestImage {
        if (sectors < 1 || first < 0 || first + sectors > 1L << 32) {
            throw new IllegalArgumentException(
                    "sectors " + first + " + " + sectors + " have to be at least one and below 2^32");
        }
        if (request < 1 || request > LARGEST_REQUEST || stride < request) {
            throw new IllegalArgumentException("a request has 1 to " + LARGEST_REQUEST + " sectors, not " + request
                    + ", and no more than the stride, not " + stride);
        }
    }

    /** Writes {@code amount} at full speed to one disk, without gaps. */
    public static GuestImage writing(int vm, Bytes amount) {
        return new GuestImage(2048, amount.value() / SECTOR, vm, LARGEST_REQUEST, LARGEST_REQUEST, Pace.FULL, 1);
    }

    /** The same at about this many bytes a second to each disk, steadily; at most what the machine can do. */
    public GuestImage perSecond(Bytes rate) {
        double requests = (double) rate.value() / (LARGEST_REQUEST * SECTOR);
        if (requests < SLOWEST_TIMER_HERTZ) {
            int smaller = (int) Math.max(1, rate.value() / BIOS_HERTZ / SECTOR);
            return new GuestImage(first, sectors, vm, smaller, smaller, new Pace(1, 0), disks);
        }
        int perTick = (int) Math.ceil(requests / STEADY_HERTZ);
        int divisor = (int) (TIMER_HERTZ * perTick / requests);
        return new GuestImage(first, sectors, vm, stride, request, new Pace(perTick, divisor), disks);
    }

    /** The same on so many disks; each gets {@link #sectors()}. */
    public GuestImage onDisks(int count) {
        return new GuestImage(first, sectors, vm, stride, request, pace, count);
    }

    /** The same with only {@code request} sectors written in every {@code stride}: space is used up faster. */
    public GuestImage sparsely(int request, long stride) {
        return new GuestImage(first, sectors, vm, stride, request, pace, disks);
    }

    /** The end of the region: the least virtual size of a disk. */
    public Bytes end() {
        return Bytes.of((first + sectors) * SECTOR);
    }

    /** Writes the boot disk. */
    public void writeTo(Path bootDisk) throws IOException {
        ByteBuffer disk = ByteBuffer.wrap(Arrays.copyOf(program(), BOOT_DISK)).order(ByteOrder.LITTLE_ENDIAN);
        disk.putInt(0x08, (int) first);
        disk.putInt(0x0c, (int) sectors);
        disk.putInt(0x10, vm);
        disk.putInt(0x14, (int) stride);
        disk.putShort(0x18, (short) request);
        disk.putShort(0x1a, (short) pace.perTick());
        disk.putShort(0x1c, (short) pace.divisor());
        disk.put(0x21, (byte) disks);
        Files.write(bootDisk, disk.array());
    }

    static byte[] program() throws IOException {
        try (InputStream program = GuestImage.class.getResourceAsStream(RESOURCE)) {
            if (program == null) {
                throw new IOException("the resource " + RESOURCE + " is missing");
            }
            return program.readAllBytes();
        }
    }
}
