package io.headroom.port;

import io.headroom.model.VolumeId;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/** What has to be known of one VM when its node is started again. */
public interface Notebook {
    /** What was written last; {@link Notes#NONE} where nothing ever was. */
    CompletionStage<Notes> read();

    /** Replaces the notes; durable when done. Repeating it is harmless. */
    CompletionStage<Void> write(Notes notes);

    /**
     * @param held a person wants that the VM is not resumed by Headroom
     * @param starved the volumes for whose space the VM is, or was, paused and not yet resumed
     * @param failure an error that space does not heal, in words, by which QEMU stopped the VM; empty where by none
     */
    record Notes(boolean held, Set<VolumeId> starved, String failure) {
        public static final Notes NONE = new Notes(false, Set.of());

        public Notes {
            starved = Set.copyOf(starved);
        }

        /** Of a VM that no other error stopped. */
        public Notes(boolean held, Set<VolumeId> starved) {
            this(held, starved, "");
        }
    }
}
