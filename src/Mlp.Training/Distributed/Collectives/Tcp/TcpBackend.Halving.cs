using System.Numerics;

namespace Mlp.Training.Distributed.Collectives.Tcp;

// Recursive halving and doubling (Thakur, Rabenseifner, Gropp 2005, section 4.3): ranks exchange halves of what they have with ranks at half, a quarter, ... of the distance, and back. Of N ranks that are no power of two, the
// first 2(N - p) make pairs, p being the power below: one of each pair gives its values to the other before, and gets the outcome after.
internal sealed partial class TcpBackend
{
    private readonly byte[] _tokens;

    /// <summary>The ranks with which a rank exchanges.</summary>
    private static List<int> HalvingPartners(int[] members, int index)
    {
        var (power, extra) = PowerBelow(members.Length);
        var partners = new List<int>();
        if (index < 2 * extra)
        {
            partners.Add(members[index ^ 1]);
        }

        if (Role(index, extra) is >= 0 and var role)
        {
            for (var mask = power / 2; mask > 0; mask /= 2)
            {
                partners.Add(members[MemberOf(role ^ mask, extra)]);
            }
        }

        return partners;
    }

    private void HalvingAllReduce(in CollectiveCall call, Span<byte> values)
    {
        using var turn = BeginAmong(call, _halvingRoute);
        HalvingAllReduce(call, _all, Rank, values);
        Conclude(call);
    }

    private void HalvingBarrier(in CollectiveCall call)
    {
        using var turn = BeginAmong(call, _halvingRoute);
        HalvingAllReduce(call with { Element = ElementType.Int64, Operation = ReduceOperation.Sum }, _all, Rank, _tokens);
        Conclude(call);
    }

    private void HalvingAllReduce(in CollectiveCall call, int[] members, int index, Span<byte> values)
    {
        var ((power, extra), size) = (PowerBelow(members.Length), ElementTypes.SizeOf(call.Element));
        var role = Role(index, extra);
        if (role < 0)
        {
            Swap(call, members[index + 1], values, [], PieceUse.Keep);
            Swap(call, members[index + 1], [], values, PieceUse.Keep);
            return;
        }

        if (index < 2 * extra)
        {
            Swap(call, members[index - 1], [], values, power == 1 ? PieceUse.Finish : PieceUse.Combine);
        }

        Span<int> bounds = stackalloc int[64];
        var (depth, start, end) = (0, 0, values.Length);
        for (var mask = power / 2; mask > 0; mask /= 2)
        {
            (bounds[2 * depth], bounds[(2 * depth) + 1]) = (start, end);
            depth++;
            var middle = start + ((end - start) / size / 2 * size);
            var keepsLower = (role & mask) == 0;
            var (given, kept) = keepsLower ? (middle..end, start..middle) : (start..middle, middle..end);
            Swap(call, members[MemberOf(role ^ mask, extra)], values[given], values[kept], mask == 1 ? PieceUse.Finish : PieceUse.Combine);
            (start, end) = keepsLower ? (start, middle) : (middle, end);
        }

        for (var mask = 1; mask < power; mask *= 2)
        {
            depth--;
            var (outerStart, outerEnd) = (bounds[2 * depth], bounds[(2 * depth) + 1]);
            var missing = (role & mask) == 0 ? end..outerEnd : outerStart..start;
            Swap(call, members[MemberOf(role ^ mask, extra)], values[start..end], values[missing], PieceUse.Keep);
            (start, end) = (outerStart, outerEnd);
        }

        if (index < 2 * extra)
        {
            Swap(call, members[index - 1], values, [], PieceUse.Keep);
        }
    }

    /// <summary>Gives values to a rank and takes as many as fit from it, at once.</summary>
    private void Swap(in CollectiveCall call, int peer, ReadOnlySpan<byte> given, Span<byte> taken, PieceUse use)
    {
        var link = _links[peer]!;
        var (sent, came) = (0, 0);
        while (true)
        {
            var hasMoved = false;
            if (sent < given.Length)
            {
                var count = link.TryWrite(given[sent..]);
                sent += count;
                hasMoved = count > 0;
            }

            hasMoved |= link.HasUnsent && link.Flush();
            if (Meet(call, link) && came < taken.Length)
            {
                var count = Take(call, link, use, taken[came..], taken[came..]);
                came += count;
                hasMoved |= count > 0;
            }

            var (input, output) = (came < taken.Length, sent < given.Length || link.HasUnsent);
            _wait.Await(peer, input, output);
            if (!input && !output)
            {
                return;
            }

            Pass(call, hasMoved);
        }
    }

    private static (int Power, int Extra) PowerBelow(int count)
    {
        var power = (int)BitOperations.RoundUpToPowerOf2((uint)count);
        power = power > count ? power / 2 : power;
        return (power, count - power);
    }

    /// <summary>A rank's place among those that exchange; -1 where another stands for it.</summary>
    private static int Role(int index, int extra) => index >= 2 * extra ? index - extra : index % 2 == 0 ? -1 : index / 2;

    private static int MemberOf(int role, int extra) => role < extra ? (2 * role) + 1 : role + extra;
}
