using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.DataParallel.Interop;
using Mlp.Training.Networks;

namespace Mlp.Training.Distributed.DataParallel.Compression;

/// <summary>
/// Gradients travel by a process group in 16 bits, with error feedback: what rounding takes from a rank's gradients is added to those of its next step (Seide et al., "1-Bit Stochastic Gradient Descent", Interspeech 2014;
/// Karimireddy et al., "Error Feedback Fixes SignSGD", ICML 2019). Numbers are cut off where the sum of all ranks might leave the type; what is cut off goes along later too. NaN and infinity travel as they are.
/// </summary>
/// <typeparam name="T"><see cref="Half"/> or <see cref="BFloat16"/>.</typeparam>
internal sealed class NarrowingTransport<T> : IGradientTransport
    where T : unmanaged
{
    private readonly Memory<float> _gradients;
    private readonly CompressionState _state;
    private readonly GradientScaler? _scaler;
    private readonly T[] _narrow;
    private readonly GroupTransport<T> _inner;
    private readonly float _limit;
    private IReadOnlyList<GradientBucket> _buckets;
    private float _factor;
    private float _scale;

    /// <summary>Prepares.</summary>
    /// <param name="group">The ranks.</param>
    /// <param name="gradients">The flat gradients of this one.</param>
    /// <param name="buckets">How they are cut.</param>
    /// <param name="isBackground">Whether the group's own thread makes the calls.</param>
    /// <param name="state">What is remembered.</param>
    /// <param name="scaler">The loss scale, which gradients are divided by before they are rounded; null for none.</param>
    public NarrowingTransport(ProcessGroup group, Memory<float> gradients, IReadOnlyList<GradientBucket> buckets, bool isBackground, CompressionState state, GradientScaler? scaler)
    {
        (_gradients, _buckets, _state, _scaler) = (gradients, buckets, state, scaler);
        _narrow = GC.AllocateArray<T>(gradients.Length, pinned: true);
        _limit = LimitOf(group.WorldSize);
        _inner = new(group, _narrow, buckets, isBackground, Receive);
    }

    /// <summary>The largest number of a rank whose sum over all ranks is one of the type, however all are rounded.</summary>
    public static float LimitOf(int worldSize)
        => typeof(T) == typeof(Half) ? (float)Half.MaxValue / worldSize * (1 - (1 / 1024f)) : BitConverter.UInt32BitsToSingle(0x7F7F_0000) / worldSize * (1 - (1 / 128f));

    public void Cut(IReadOnlyList<GradientBucket> buckets)
    {
        _buckets = buckets;
        _inner.Cut(buckets);
    }

    public void Begin(ReadOnlySpan<double> totals)
    {
        var scale = Math.ScaleB(1, _state.Exponent);
        (_scale, _factor, _state.Largest) = ((float)scale, (float)(scale / (_scaler?.Scale ?? 1)), 0);
        _inner.Begin(totals);
    }

    public void Send(int bucket)
    {
        var (start, length) = (_buckets[bucket].Start, _buckets[bucket].Length);
        Span<float> residuals = _state.Residuals, next = _state.Next;
        var keeps = !residuals.IsEmpty;
        GradientRounding<T>.Narrow(
            _gradients.Span.Slice(start, length),
            keeps ? residuals.Slice(start, length) : [],
            keeps ? next.Slice(start, length) : [],
            _narrow.AsSpan(start, length),
            _factor,
            _scale,
            _limit);
        _inner.Send(bucket);
    }

    public void End(Span<double> totals) => _inner.End(totals);

    public void Dispose() => _inner.Dispose();

    private void Receive(int bucket)
    {
        var (start, length) = (_buckets[bucket].Start, _buckets[bucket].Length);
        var largest = GradientRounding<T>.Widen(_narrow.AsSpan(start, length), _gradients.Span.Slice(start, length), 1 / _factor);

        // Math.Max gives NaN where one of both is.
        _state.Largest = Math.Max(_state.Largest, largest);
    }
}
