package io.headroom.bench;

import io.headroom.rig.LoopPool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/** Thousands of volumes at once, as text that LVM restores and checks; made one by one they take minutes. */
final class LvmVolumeText {
    private static final String OPENING = "logical_volumes {";
    private static final String LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    private static final int[] GROUPS = {6, 4, 4, 4, 4, 4, 6};

    private LvmVolumeText() {}

    /** Gives a pool that has no volume {@code count} of one extent each, with the tags that Headroom's have. */
    static void fill(LoopPool pool, int count, Path directory) throws IOException {
        Path text = directory.resolve("group.txt");
        pool.lvm("lvcreate", "-an", "-Zn", "-Wn", "-l", "1", "-n", "first", pool.group());
        pool.lvm("vgcfgbackup", "-f", text.toString(), pool.group());
        String empty = Files.readString(text);
        int at = empty.indexOf(OPENING) + OPENING.length();
        StringBuilder volumes = new StringBuilder();
        Random random = new Random(count);
        for (int number = 0; number < count; number++) {
            // The first extents are that of the first volume.
            volumes.append(volume("v" + number, uuid(random), 1 + number));
        }
        Files.writeString(text, empty.substring(0, at) + volumes + empty.substring(at));
        pool.lvm("vgcfgrestore", "-f", text.toString(), pool.group());
        pool.lvm("lvremove", "-y", pool.group() + "/first");
    }

    private static String volume(String name, String uuid, int extent) {
        return """

                %s {
                id = "%s"
                status = ["READ", "WRITE", "VISIBLE"]
                flags = []
                tags = ["headroom.virtual=107374182400", "headroom.limit=107390828544", "headroom.host=1"]
                creation_time = 1700000000
                creation_host = "bench"
                segment_count = 1
                segment1 {
                start_extent = 0
                extent_count = 1
                type = "striped"
                stripe_count = 1
                stripes = ["pv0", %d]
                }
                }
                """.formatted(name, uuid, extent);
    }

    private static String uuid(Random random) {
        StringBuilder uuid = new StringBuilder();
        for (int length : GROUPS) {
            uuid.append(uuid.isEmpty() ? "" : "-");
            for (int letter = 0; letter < length; letter++) {
                uuid.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
            }
        }
        return uuid.toString();
    }
}
