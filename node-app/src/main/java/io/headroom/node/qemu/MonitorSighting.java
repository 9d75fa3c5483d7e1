package io.headroom.node.qemu;

import io.headroom.model.VmName;
import java.nio.file.Path;

/** What was seen of the host's QMP sockets. */
public sealed interface MonitorSighting {
    /** A VM's socket is there; whether a QEMU listens is found out by connecting. */
    record Found(VmName vm, Path socket) implements MonitorSighting {}

    /** The socket that was found is no longer there, and as far as the kernel lists it, nobody listens at it. */
    record Gone(VmName vm, Path socket) implements MonitorSighting {}

    /** A socket that is not used. @param reason what is wrong with it and what is allowed */
    record Refused(Path socket, String reason) implements MonitorSighting {}

    /** The directory cannot be listed; what was found there counts as found until it can. */
    record Unlisted(Path directory, String cause) implements MonitorSighting {}
}
