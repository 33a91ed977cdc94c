namespace Mlp.Training.Distributed.Scaling;

/// <summary>What one training step of one device takes without communication. Immutable.</summary>
public sealed record StepProfile
{
    /// <summary>Makes a profile.</summary>
    /// <param name="forward">Time before the backward pass; not negative.</param>
    /// <param name="backward">Time of the backward pass; not negative.</param>
    /// <param name="update">Time after it: the optimizer's; not negative.</param>
    /// <param name="gradients">Gradients in the order in which they are complete, each within the backward pass.</param>
    /// <exception cref="ArgumentException">A time or a size is negative, gradients are out of order, or one is complete after the backward pass.</exception>
    public StepProfile(TimeSpan forward, TimeSpan backward, TimeSpan update, IReadOnlyList<GradientReady> gradients)
    {
        ArgumentNullException.ThrowIfNull(gradients);
        ArgumentOutOfRangeException.ThrowIfLessThan(forward, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(backward, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(update, TimeSpan.Zero);
        var last = TimeSpan.Zero;
        foreach (var (byteCount, readyAt) in gradients)
        {
            if (byteCount < 0 || readyAt < last || readyAt > backward)
            {
                throw new ArgumentException($"Expected gradients of at least 0 bytes, in the order in which they are complete within {backward}, but found {byteCount} bytes at {readyAt} after {last}.", nameof(gradients));
            }

            last = readyAt;
        }

        (Forward, Backward, Update, Gradients) = (forward, backward, update, [.. gradients]);
    }

    /// <summary>Time before the backward pass.</summary>
    public TimeSpan Forward { get; }

    /// <summary>Time of the backward pass.</summary>
    public TimeSpan Backward { get; }

    /// <summary>Time after it.</summary>
    public TimeSpan Update { get; }

    /// <summary>Gradients in the order in which they are complete.</summary>
    public IReadOnlyList<GradientReady> Gradients { get; }

    /// <summary>The whole step.</summary>
    public TimeSpan Compute => Forward + Backward + Update;

    /// <summary>Bytes of all gradients.</summary>
    public long ByteCount => Gradients.Sum(g => g.ByteCount);

    /// <summary>
    /// A profile of a step whose time is known as a whole: the forward pass takes a third of it and the backward pass two, and each layer its share of both by its multiplications.
    /// </summary>
    /// <param name="step">Time of the step; positive.</param>
    /// <param name="layers">Layers from the first to the last: bytes of the gradients, and multiplications for a row.</param>
    /// <exception cref="ArgumentException">There is no layer with multiplications.</exception>
    public static StepProfile FromLayers(TimeSpan step, IReadOnlyList<(long ByteCount, double Multiplications)> layers)
    {
        ArgumentNullException.ThrowIfNull(layers);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(step, TimeSpan.Zero);
        var (backward, total) = (step * (2.0 / 3), layers.Sum(l => l.Multiplications));
        if (!(total > 0))
        {
            throw new ArgumentException("Expected a layer with multiplications, but found none.", nameof(layers));
        }

        var (gradients, done) = (new List<GradientReady>(), 0.0);
        for (var layer = layers.Count - 1; layer >= 0; layer--)
        {
            done += layers[layer].Multiplications;
            if (layers[layer].ByteCount > 0)
            {
                gradients.Add(new(layers[layer].ByteCount, TimeSpan.FromTicks(Math.Min(backward.Ticks, (long)(backward.Ticks * (done / total))))));
            }
        }

        return new(step - backward, backward, TimeSpan.Zero, gradients);
    }
}
