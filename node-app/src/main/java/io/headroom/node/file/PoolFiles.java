package io.headroom.node.file;

import java.nio.file.Path;

/**
 * Where everything stands in a pool's directory:
 *
 * <pre>
 *   pool.json            which pool, its LUNs; written last when the pool is made
 *   lease, lease.holder  who may change the pool
 *   mailbox              the mailbox and the pool log
 *   catalogue/tag.json   the epoch that the metadata is marked with
 *   catalogue/NAME.volume.json   one volume: identity, sizes, state, who may use it
 *   volumes/NAME.qcow2   its image
 *   hosts/ID             locked by the living node with this number
 *   journal/             the embedded database, of the SPM's node alone
 * </pre>
 */
public record PoolFiles(Path directory) {
    private static final String IMAGE = ".qcow2";

    public PoolFiles {
        directory = directory.toAbsolutePath().normalize();
    }

    public Path identity() {
        return directory.resolve("pool.json");
    }

    public Path lease() {
        return directory.resolve("lease");
    }

    public Path mailbox() {
        return directory.resolve("mailbox");
    }

    public Path catalogue() {
        return directory.resolve("catalogue");
    }

    public Path volumes() {
        return directory.resolve("volumes");
    }

    public Path journal() {
        return directory.resolve("journal");
    }

    /** One file for each host's number. */
    public Path hosts() {
        return directory.resolve("hosts");
    }

    /** The image of the volume with this name. */
    public Path image(String volume) {
        return volumes().resolve(volume + IMAGE);
    }

    /** The volume whose image a file in {@link #volumes()} is called like; empty where it is called otherwise. */
    static String volumeOf(Path image) {
        String file = image.getFileName().toString();
        return file.endsWith(IMAGE) ? file.substring(0, file.length() - IMAGE.length()) : "";
    }
}
