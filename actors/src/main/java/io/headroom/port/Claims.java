package io.headroom.port;

import io.headroom.model.VolumeId;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * What the SPM notes of the volumes that this host uses. Repeating is harmless. A stage completes with why the SPM does
 * not do it, and what to do; with nothing where it has; and fails where nobody knows.
 */
public interface Claims {
    /** This host uses the volume. @param shared beside another host, for a migration */
    CompletionStage<Optional<String>> claim(VolumeId volume, boolean shared);

    /** This host no longer uses the volume. */
    CompletionStage<Optional<String>> release(VolumeId volume);
}
