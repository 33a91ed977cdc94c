using System.Globalization;
using System.Runtime.InteropServices;

namespace Mlp.Training.Distributed.Collectives;

// What is wrong with a call of this rank alone is said before the other ranks hear of it.
public sealed partial class ProcessGroup
{
    private void Make<T>(CollectiveCall call, ReadOnlySpan<T> source, Span<T> target)
        where T : unmanaged
    {
        CheckBytes<T>(Math.Max(source.Length, target.Length));
        var ticket = Number(ref call);
        Make(call, ticket, MemoryMarshal.AsBytes(source), MemoryMarshal.AsBytes(target));
    }

    private CollectiveCall Describe<T>(
        CollectiveKind kind, int length, ReduceOperation operation, int root, IReadOnlyList<int>? counts, string? tensor, TimeSpan? timeout, CancellationToken cancellationToken)
        where T : unmanaged
        => new(-1, kind, ElementTypes.Of<T>(), length, operation, root)
        {
            Counts = counts is null ? null : counts as int[] ?? [.. counts],
            Tensor = tensor,
            Timeout = Limit(timeout),
            CancellationToken = cancellationToken,
        };

    private TimeSpan Limit(TimeSpan? timeout)
    {
        if (timeout is { } limit && limit <= TimeSpan.Zero)
        {
            var found = limit == System.Threading.Timeout.InfiniteTimeSpan ? "Timeout.InfiniteTimeSpan: every wait has a limit" : CollectiveSentences.Duration(limit);
            throw new ArgumentOutOfRangeException(nameof(timeout), $"Expected a time limit above zero, but found {found}.");
        }

        return timeout ?? _options.Timeout;
    }

    private static void CheckBytes<T>(int length)
        where T : unmanaged
    {
        var bytes = (long)length * ElementTypes.SizeOf(ElementTypes.Of<T>());
        if (bytes > int.MaxValue)
        {
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"Expected at most {int.MaxValue:N0} bytes in a call, but found {bytes:N0}; make several calls of parts."));
        }
    }

    private static void CheckReduction<T>(ReduceOperation operation)
        where T : unmanaged
    {
        var element = ElementTypes.Of<T>();
        if (!Enum.IsDefined(operation))
        {
            throw new ArgumentOutOfRangeException(nameof(operation), operation, "Expected a known operation.");
        }

        if (element == ElementType.Byte)
        {
            throw new ArgumentException("Expected numbers to reduce, but found bytes, which are only moved.");
        }

        if (operation == ReduceOperation.Average && ElementTypes.IsInteger(element))
        {
            throw new ArgumentException($"Expected Sum, Minimum, Maximum or Product for {element}, but found Average, which integers have no exact one of.", nameof(operation));
        }
    }

    private void CheckRank(int rank, string parameterName)
    {
        if (rank < 0 || rank >= WorldSize)
        {
            throw new ArgumentOutOfRangeException(parameterName, string.Create(CultureInfo.InvariantCulture, $"Expected a rank of 0 to {WorldSize - 1} of group '{Name}', but found {rank}."));
        }
    }

    private void CheckPeer(int rank)
    {
        CheckRank(rank, nameof(rank));
        if (rank == Rank)
        {
            throw new ArgumentException($"Expected another rank than {rank}, which is this one.", nameof(rank));
        }
    }

    private void CheckParts(IReadOnlyList<int>? counts, int total, int own)
    {
        if (counts is null)
        {
            if (total != (long)own * WorldSize)
            {
                throw new ArgumentException($"Expected {WorldSize} parts of {own} values, {(long)own * WorldSize} in all, but found {total} in all.");
            }

            return;
        }

        var (sum, isValid) = (0L, counts.Count == WorldSize);
        for (var part = 0; part < counts.Count; part++)
        {
            sum += counts[part];
            isValid &= counts[part] >= 0;
        }

        if (!isValid)
        {
            throw new ArgumentException($"Expected {WorldSize} lengths of at least 0, but found [{string.Join(", ", counts)}].", nameof(counts));
        }

        if (counts[Rank] != own || sum != total)
        {
            throw new ArgumentException($"Expected {counts[Rank]} values as the part of rank {Rank} and {sum} in all, as the lengths say, but found {own} and {total}.", nameof(counts));
        }
    }

    // After CheckParts, so that the place is one of the result.
    private void CheckPlace<T>(ReadOnlySpan<T> values, ReadOnlySpan<T> result, IReadOnlyList<int>? counts)
    {
        if (!values.Overlaps(result))
        {
            return;
        }

        var start = counts is null ? Rank * values.Length : StartOf(counts, Rank);
        if (values != result.Slice(start, values.Length))
        {
            throw new ArgumentException(
                $"Expected values outside the result, or at the place of rank {Rank} in it, which begins at {start}, but they overlap elsewhere.", nameof(values));
        }
    }

    // Without an enumerator, which would be allocated.
    private static int StartOf(IReadOnlyList<int> counts, int part)
    {
        var start = 0;
        for (var before = 0; before < part; before++)
        {
            start += counts[before];
        }

        return start;
    }

    private void CheckExchange(int source, int target)
    {
        if (source != target || source % WorldSize != 0)
        {
            throw new ArgumentException($"Expected as many values to give as to get, a multiple of {WorldSize}, but found {source} and {target}.");
        }
    }

    private static void CheckApart<T>(ReadOnlySpan<T> source, Span<T> target)
    {
        if (source.Overlaps(target))
        {
            throw new ArgumentException("Expected values and result in memory of their own, but they overlap.", nameof(source));
        }
    }
}
