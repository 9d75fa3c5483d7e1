package io.headroom.port;

import io.headroom.spm.Order;
import java.util.concurrent.CompletionStage;

/** The SPM, to whom a host gives orders over the network. */
@FunctionalInterface
public interface PoolOrders {
    /** A failed stage means that nobody knows whether the order is carried out: give it again, which is harmless. */
    CompletionStage<Order.Answer> give(Order order);
}
