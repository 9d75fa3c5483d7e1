package io.headroom.cluster;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.databind.jsontype.NamedType;
import com.fasterxml.jackson.databind.module.SimpleModule;
import io.headroom.port.Tenure;
import io.headroom.spm.Order;

/**
 * How what has several kinds is told apart inside a message between two nodes: by the kind's own name, never by a
 * class that the sender chooses.
 */
public final class WireModule extends SimpleModule {
    private static final long serialVersionUID = 1;

    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
    private interface Kinds {}

    public WireModule() {
        super("headroom-wire");
        kinds(Order.class);
        kinds(Tenure.Change.class);
    }

    private void kinds(Class<?> sealed) {
        setMixInAnnotation(sealed, Kinds.class);
        for (Class<?> kind : sealed.getPermittedSubclasses()) {
            registerSubtypes(new NamedType(kind, kind.getSimpleName()));
        }
    }
}
