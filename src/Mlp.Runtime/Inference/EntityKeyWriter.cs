using Mlp.Runtime.Data;

namespace Mlp.Runtime.Inference;

/// <summary>Writes the parts of an entity key in the order of a service's key columns.</summary>
/// <typeparam name="TKeys">The caller's type.</typeparam>
/// <param name="keys">The caller's keys.</param>
/// <param name="destination">One element per key column.</param>
internal delegate void EntityKeyWriter<TKeys>(in TKeys keys, EntityValue[] destination);
