namespace Mlp.Runtime.Inference;

/// <summary>Brings values to another element type.</summary>
/// <typeparam name="TSource">The element type that they have.</typeparam>
/// <typeparam name="TElement">The element type that they get.</typeparam>
/// <param name="source">The values.</param>
/// <param name="destination">Receives as many.</param>
internal delegate void ElementConversion<TSource, TElement>(ReadOnlySpan<TSource> source, Span<TElement> destination);
