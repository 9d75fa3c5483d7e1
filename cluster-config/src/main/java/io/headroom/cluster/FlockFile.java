package io.headroom.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * The lease of nodes on one machine: a lock on a file, taken by {@code flock} of util-linux. It ends with the last
 * process of the keeper's chain. Beside the file, {@code FILE.holder} tells who has it.
 */
public final class FlockFile implements LeaseTool {
    /** What no program after {@code flock} in the chain ends with. */
    private static final int TAKEN = 75;

    private final Path file;
    private final String holder;
    private Object key;

    /**
     * @param file made where it is missing; its directory exists
     * @param holder who we are, in words for an operator
     */
    public FlockFile(Path file, String holder) {
        this.file = file.toAbsolutePath().normalize();
        this.holder = holder;
    }

    @Override
    public List<String> holding(List<String> keeper) {
        List<String> argv = new ArrayList<>(
                List.of("flock", "--nonblock", "--no-fork", "--conflict-exit-code", String.valueOf(TAKEN)));
        argv.add(file.toString());
        argv.addAll(keeper);
        return List.copyOf(argv);
    }

    @Override
    public Optional<String> holder(int status, String words) throws IOException {
        if (status != TAKEN) {
            return Optional.empty();
        }
        return Optional.of(named());
    }

    private String named() throws IOException {
        return Files.exists(holderFile()) ? Files.readString(holderFile()).strip() : "unknown";
    }

    @Override
    public LeaseState look() throws IOException {
        Optional<Boolean> held =
                Files.exists(file) ? KernelLocks.isLocked(file, KernelLocks.USUAL) : Optional.of(false);
        return new LeaseState("flock, with the SPM's keeper", file.toString(), held, named());
    }

    @Override
    public void held() throws IOException {
        key = keyOf(file);
        Files.writeString(holderFile(), holder + "\n");
    }

    @Override
    public Optional<String> whyLost() throws IOException {
        try {
            if (Objects.equals(key, keyOf(file))) {
                return Optional.empty();
            }
        } catch (NoSuchFileException removed) {
            // as good as replaced
        }
        return Optional.of("the lease's file " + file + " was removed or replaced");
    }

    private Path holderFile() {
        return file.resolveSibling(file.getFileName() + ".holder");
    }

    private static Object keyOf(Path file) throws IOException {
        return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    }

    @Override
    public String toString() {
        return file.toString();
    }
}
