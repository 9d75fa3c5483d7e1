package io.headroom.node.file;

import io.headroom.port.Tenure.Change;

/** What a change does to a file pool, in a sentence for an operator who asked before it is made. */
public final class FileSteps {
    private FileSteps() {}

    public static String of(Change change) {
        if (change instanceof Change.Extend extend) {
            return "lengthen the file of volume " + extend.volume() + " to " + extend.size();
        } else if (change instanceof Change.Create create) {
            return "make the file of volume " + create.name() + " with " + create.size()
                    + " and an empty qcow2 image of " + create.virtualSize();
        } else if (change instanceof Change.Resize resize) {
            return "enlarge the image of volume " + resize.volume() + " to " + resize.virtualSize();
        } else if (change instanceof Change.Assign assign) {
            return "note in the catalogue that volume " + assign.volume() + " may be used by "
                    + (assign.hosts().isEmpty() ? "no host" : "hosts " + assign.hosts());
        } else if (change instanceof Change.Condemn condemn) {
            return "note in the catalogue that volume " + condemn.volume() + " is to be deleted";
        } else if (change instanceof Change.Wipe wipe) {
            return "write zeros over " + wipe.length() + " of volume " + wipe.volume() + " from " + wipe.from();
        } else if (change instanceof Change.Remove remove) {
            return "remove volume " + remove.volume() + " and its file";
        } else if (change instanceof Change.AddLun add) {
            return "add " + add.size() + " to the pool's capacity as " + add.device();
        } else if (change instanceof Change.GrowLun grow) {
            return "let " + grow.device() + " of the pool's capacity be " + grow.size();
        }
        throw new AssertionError("unhandled " + change);
    }
}
