using Mlp.Runtime.Data;

namespace Mlp.Runtime.Scoring;

/// <summary>The block of one element type.</summary>
/// <typeparam name="T">The type.</typeparam>
/// <param name="rows">The rows.</param>
internal delegate Span<T> BlockAccessor<T>(FeatureRows rows);
