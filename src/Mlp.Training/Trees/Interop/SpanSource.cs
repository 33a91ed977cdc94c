namespace Mlp.Training.Trees.Interop;

/// <summary>Finds memory that may move between calls.</summary>
/// <typeparam name="T">Type of the values.</typeparam>
internal delegate ReadOnlySpan<T> SpanSource<T>()
    where T : unmanaged;
