namespace Mlp.Training.Distributed.DataParallel;

/// <summary>
/// Adds up gradients and losses over all replicas. Each step begins, sends every bucket once, in order, and ends. Once it is disposed, also in the middle of a step that has failed, nobody touches this
/// replica's gradients any more. For one thread.
/// </summary>
internal interface IGradientTransport : IDisposable
{
    /// <summary>Cuts gradients into other buckets. Between steps, on all replicas alike.</summary>
    /// <param name="buckets">How they are cut from the next step on.</param>
    void Cut(IReadOnlyList<GradientBucket> buckets);

    /// <summary>Begins a step.</summary>
    /// <param name="totals">This replica's losses.</param>
    void Begin(ReadOnlySpan<double> totals);

    /// <summary>Says that a bucket is complete on this replica; it stays as it is until the step ends.</summary>
    /// <param name="bucket">The bucket.</param>
    void Send(int bucket);

    /// <summary>Waits until all buckets are sums.</summary>
    /// <param name="totals">Receives the sums of the losses.</param>
    /// <exception cref="Collectives.CollectiveException">A rank is lost, late, or does something else.</exception>
    void End(Span<double> totals);
}
