package io.headroom.node.http;

import io.headroom.host.UsageActor;
import io.headroom.model.VolumeId;
import io.headroom.port.Tenure;
import io.headroom.spm.Order;
import io.headroom.spm.VolumesReport;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** Who carries out what an operator orders. A failed stage means that nobody answered in time. */
public interface NodeOrders {
    /** The pool's volumes and LUNs, by the words of its SPM. */
    CompletionStage<VolumesReport> volumes();

    /** @param by who gives the order, for the audit; @param pretend tell what would be done */
    CompletionStage<Order.Answer> carry(Order order, String by, boolean pretend);

    /** Makes a volume available on this host. @param shared beside another host, for a migration */
    CompletionStage<UsageActor.Told> activate(VolumeId volume, boolean shared);

    /** Takes a volume away from this host. */
    CompletionStage<UsageActor.Told> deactivate(VolumeId volume);

    /** How this node's back end would make the changes, for an operator who asked before. */
    CompletionStage<List<String>> steps(List<Tenure.Change> changes);
}
