package io.headroom.spm;

import io.headroom.ledger.Deed;
import io.headroom.model.Bytes;
import io.headroom.model.VolumeId;
import io.headroom.port.Tenure.Change;
import io.headroom.port.Tenure.Inventory;
import io.headroom.port.Tenure.Lun;
import io.headroom.port.Tenure.State;
import io.headroom.port.Tenure.Volume;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/** What a deed changes, and how the storage shows that it is done. */
final class Deeds {
    private Deeds() {}

    /** In the order in which they are made. The last one makes the deed done. */
    static List<Change> changes(Deed deed) {
        if (deed instanceof Deed.Creation of) {
            return List.of(new Change.Create(of.name(), of.size(), of.virtualSize()));
        } else if (deed instanceof Deed.Deletion of) {
            List<Change> changes = new ArrayList<>();
            changes.add(new Change.Condemn(of.volume()));
            if (of.wipe()) {
                changes.add(new Change.Wipe(of.volume(), Bytes.ZERO, of.size()));
            }
            changes.add(new Change.Remove(of.volume()));
            return changes;
        } else if (deed instanceof Deed.Resize of) {
            return List.of(new Change.Resize(of.volume(), of.to()));
        } else if (deed instanceof Deed.Assignment of) {
            return List.of(new Change.Assign(of.volume(), Set.copyOf(of.to())));
        } else if (deed instanceof Deed.NewLun of) {
            return List.of(new Change.AddLun(of.device(), of.size(), of.force()));
        } else if (deed instanceof Deed.LargerLun of) {
            return List.of(new Change.GrowLun(of.device(), of.size()));
        }
        throw new AssertionError("unhandled " + deed);
    }

    static boolean isDone(Deed deed, Inventory found) {
        List<Change> changes = changes(deed);
        return isDone(changes.get(changes.size() - 1), found);
    }

    /** As far as the storage shows it: what it does not show is not done. */
    static boolean isDone(Change change, Inventory found) {
        if (change instanceof Change.Extend of) {
            return has(found, of.volume(), volume -> volume.size().isAtLeast(of.size()));
        } else if (change instanceof Change.Create of) {
            return named(found, of.name())
                    .filter(volume -> volume.state() == State.READY
                            && volume.virtualSize().equals(of.virtualSize()))
                    .isPresent();
        } else if (change instanceof Change.Resize of) {
            return has(found, of.volume(), volume -> volume.virtualSize().isAtLeast(of.virtualSize()));
        } else if (change instanceof Change.Assign of) {
            return has(found, of.volume(), volume -> volume.hosts().equals(of.hosts()));
        } else if (change instanceof Change.Condemn of) {
            return !has(found, of.volume(), volume -> volume.state() != State.CONDEMNED);
        } else if (change instanceof Change.Wipe) {
            return false;
        } else if (change instanceof Change.Remove of) {
            return !has(found, of.volume(), volume -> true);
        } else if (change instanceof Change.AddLun of) {
            return lun(found, of.device()).isPresent();
        } else if (change instanceof Change.GrowLun of) {
            return !of.size().isZero()
                    && lun(found, of.device())
                            .filter(lun -> lun.size().isAtLeast(of.size()))
                            .isPresent();
        }
        throw new AssertionError("unhandled " + change);
    }

    static Optional<Volume> named(Inventory found, String name) {
        return found.volumes().stream()
                .filter(volume -> volume.name().equals(name))
                .findFirst();
    }

    private static Optional<Lun> lun(Inventory found, String device) {
        return found.luns().stream().filter(lun -> lun.device().equals(device)).findFirst();
    }

    private static boolean has(Inventory found, VolumeId id, Predicate<Volume> what) {
        return found.volumes().stream().anyMatch(volume -> volume.id().equals(id) && what.test(volume));
    }

    /** One sentence for whoever gave the order. */
    static String told(Deed deed) {
        if (deed instanceof Deed.Creation of) {
            return "volume " + of.name() + " is created";
        } else if (deed instanceof Deed.Deletion of) {
            return "volume " + of.name() + (of.wipe() ? " is wiped and deleted" : " is deleted");
        } else if (deed instanceof Deed.Resize of) {
            return "the image is " + of.to() + " large";
        } else if (deed instanceof Deed.Assignment of) {
            return of.to().isEmpty() ? "no host may use the volume" : "the volume is for the hosts " + of.to();
        } else if (deed instanceof Deed.NewLun of) {
            return of.device() + " is a LUN of the pool";
        } else if (deed instanceof Deed.LargerLun of) {
            return "LUN " + of.device() + " is used to its end";
        }
        throw new AssertionError("unhandled " + deed);
    }
}
