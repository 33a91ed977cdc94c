using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Mlp.Training.Distributed.Collectives;

namespace Mlp.Training.Trees.Interop;

/// <summary>
/// LightGBM's network on one thread, by the calls of a group: what this thread trains, it trains with the other ranks. LightGBM keeps its network per thread, so rows, trees and this object stay on the thread that made it. No
/// exception may pass LightGBM's frames: the first is kept, LightGBM goes on to the end of the iteration with this rank's own values, and then it is thrown.
/// </summary>
internal sealed unsafe class LightGbmNetwork : IDisposable
{
    private const string Histograms = "histograms of the trees";
    private const string Splits = "splits of the trees";

    [ThreadStatic]
    private static LightGbmNetwork? _current;

    private readonly ProcessGroup _group;
    private nint _lastReducer;
    private bool _isSum;
    private Exception? _failure;

    /// <summary>Joins, on the thread that calls.</summary>
    /// <param name="group">The ranks, at least two; stays the caller's.</param>
    public LightGbmNetwork(ProcessGroup group)
    {
        _group = group;
        LightGbmLibrary.EnsureLoaded();
        delegate* unmanaged[Cdecl]<byte*, int, int, int*, int*, int, byte*, int, delegate* unmanaged[Cdecl]<byte*, byte*, int, int, void>*, void> reduceScatter = &ReduceScatter;
        delegate* unmanaged[Cdecl]<byte*, int, int*, int*, int, byte*, int, void> allGather = &AllGather;
        LightGbmNative.Check(LightGbmNative.NetworkInitWithFunctions(group.WorldSize, group.Rank, reduceScatter, allGather), "join the other ranks");
        _current = this;
    }

    /// <summary>Does something in which LightGBM talks to the other ranks.</summary>
    /// <typeparam name="T">What it gives.</typeparam>
    /// <param name="work">What to do.</param>
    /// <exception cref="CollectiveException">Another rank has failed, is late or does something else.</exception>
    public T Run<T>(Func<T> work)
    {
        try
        {
            var result = work();
            ThrowIfFailed();
            return result;
        }
        catch (LightGbmException)
        {
            // What LightGBM makes of a call that has failed is of no interest.
            ThrowIfFailed();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _current = null;
        LightGbmNative.Check(LightGbmNative.NetworkFree(), "leave the other ranks");
    }

    private void ThrowIfFailed()
    {
        if (_failure is not null)
        {
            ExceptionDispatchInfo.Throw(_failure);
        }
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "It is thrown when LightGBM has returned.")]
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void ReduceScatter(
        byte* input, int inputSize, int typeSize, int* starts, int* lengths, int count, byte* output, int outputSize, delegate* unmanaged[Cdecl]<byte*, byte*, int, int, void>* reducer)
    {
        var network = _current!;
        if (network._failure is null)
        {
            try
            {
                network.Reduce(new(input, inputSize), typeSize, new(starts, count), new(lengths, count), new(output, outputSize), *reducer);
                return;
            }
            catch (Exception exception)
            {
                network._failure = exception;
            }
        }

        var rank = network._group.Rank;
        Buffer.MemoryCopy(input + starts[rank], output, outputSize, lengths[rank]);
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "It is thrown when LightGBM has returned.")]
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void AllGather(byte* input, int inputSize, int* starts, int* lengths, int count, byte* output, int outputSize)
    {
        var network = _current!;
        var own = new Span<byte>(input, inputSize).ToArray();
        if (network._failure is null)
        {
            try
            {
                network._group.AllGather<byte>(own, new Span<byte>(output, starts[count - 1] + lengths[count - 1]), new Span<int>(lengths, count).ToArray(), Splits);
                return;
            }
            catch (Exception exception)
            {
                network._failure = exception;
            }
        }

        for (var rank = 0; rank < count; rank++)
        {
            var part = new Span<byte>(output + starts[rank], lengths[rank]);
            part.Clear();
            own.AsSpan(0, Math.Min(own.Length, part.Length)).CopyTo(part);
        }
    }

    private void Reduce(
        ReadOnlySpan<byte> input, int typeSize, ReadOnlySpan<int> starts, ReadOnlySpan<int> lengths, Span<byte> output, delegate* unmanaged[Cdecl]<byte*, byte*, int, int, void> reducer)
    {
        var result = output[..lengths[_group.Rank]];
        if (IsSum(reducer, typeSize) && !input.Overlaps(result))
        {
            var counts = new int[lengths.Length];
            for (var rank = 0; rank < counts.Length; rank++)
            {
                counts[rank] = lengths[rank] / sizeof(double);
            }

            var all = MemoryMarshal.Cast<byte, double>(input[..(starts[^1] + lengths[^1])]);
            _group.ReduceScatter(all, MemoryMarshal.Cast<byte, double>(result), ReduceOperation.Sum, counts, Histograms);
            return;
        }

        Exchange(input, typeSize, starts, lengths, result, reducer);
    }

    /// <summary>A reduction that only LightGBM knows: each rank gets the others' values of its part.</summary>
    private void Exchange(
        ReadOnlySpan<byte> input, int typeSize, ReadOnlySpan<int> starts, ReadOnlySpan<int> lengths, Span<byte> result, delegate* unmanaged[Cdecl]<byte*, byte*, int, int, void> reducer)
    {
        var longest = 0;
        foreach (var length in lengths)
        {
            longest = Math.Max(longest, length);
        }

        var (given, got) = (new byte[longest * lengths.Length], new byte[longest * lengths.Length]);
        for (var rank = 0; rank < lengths.Length; rank++)
        {
            input.Slice(starts[rank], lengths[rank]).CopyTo(given.AsSpan(rank * longest));
        }

        _group.AllToAll<byte>(given, got, Histograms);
        got.AsSpan(0, result.Length).CopyTo(result);
        fixed (byte* from = got, to = result)
        {
            for (var rank = 1; rank < lengths.Length; rank++)
            {
                reducer(from + (rank * longest), to, typeSize, result.Length);
            }
        }
    }

    /// <summary>LightGBM hands over a function that adds one buffer to another, but does not say which: this tries it. Histograms are sums of float64, for which the group has vectors and an order.</summary>
    private bool IsSum(delegate* unmanaged[Cdecl]<byte*, byte*, int, int, void> reducer, int typeSize)
    {
        if ((nint)reducer != _lastReducer && typeSize == sizeof(double))
        {
            var (one, other) = (1.25, 1000.5);
            reducer((byte*)&one, (byte*)&other, sizeof(double), sizeof(double));
            (_lastReducer, _isSum) = ((nint)reducer, other == 1001.75);
        }

        return typeSize == sizeof(double) && _isSum;
    }
}
