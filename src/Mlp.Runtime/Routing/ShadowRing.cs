using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using Mlp.Runtime.Inference;

namespace Mlp.Runtime.Routing;

/// <summary>
/// A bounded queue of rows that are allocated once, from many callers to one worker, without locks: each row carries the turn at which it may be claimed or read (D. Vyukov, "Bounded MPMC
/// queue"). Callers that find no room are told so and go on.
/// </summary>
internal sealed class ShadowRing
{
    private readonly ShadowRow[] _rows;
    private long _head;
    private long _tail;

    /// <summary>Allocates the rows.</summary>
    /// <param name="version">The shadow's version, for which the rows are.</param>
    /// <param name="capacity">Greatest number of rows that wait; rounded up to a power of two.</param>
    public ShadowRing(ServingVersion version, int capacity)
    {
        Version = version;
        _rows = new ShadowRow[BitOperations.RoundUpToPowerOf2((uint)Math.Max(2, capacity))];
        for (var i = 0; i < _rows.Length; i++)
        {
            _rows[i] = new ShadowRow(version.Inputs.Layout, version.Served.Keys.Count) { Turn = i };
        }
    }

    /// <summary>The shadow's version.</summary>
    public ServingVersion Version { get; }

    /// <summary>Claims a row for writing.</summary>
    /// <param name="row">The row; hand it over by <see cref="Publish"/>, whatever happens.</param>
    /// <param name="turn">Its turn.</param>
    /// <returns>False if all rows wait.</returns>
    public bool TryClaim([NotNullWhen(true)] out ShadowRow? row, out long turn)
    {
        turn = Volatile.Read(ref _tail);
        while (true)
        {
            row = _rows[turn & (_rows.Length - 1)];
            var difference = Volatile.Read(ref row.Turn) - turn;
            if (difference < 0)
            {
                row = null;
                return false;
            }

            var seen = difference == 0 ? Interlocked.CompareExchange(ref _tail, turn + 1, turn) : Volatile.Read(ref _tail);
            if (difference == 0 && seen == turn)
            {
                return true;
            }

            turn = seen;
        }
    }

    /// <summary>Hands a claimed row to the worker.</summary>
    /// <param name="row">The row.</param>
    /// <param name="turn">Its turn.</param>
    public static void Publish(ShadowRow row, long turn) => Volatile.Write(ref row.Turn, turn + 1);

    /// <summary>A row that waits, without taking it. Of the worker alone.</summary>
    /// <param name="index">How many rows before it wait, less than the capacity.</param>
    /// <returns>The row, or null if not so many wait.</returns>
    public ShadowRow? Peek(int index)
    {
        if (index >= _rows.Length)
        {
            return null;
        }

        var turn = _head + index;
        var row = _rows[turn & (_rows.Length - 1)];
        return Volatile.Read(ref row.Turn) == turn + 1 ? row : null;
    }

    /// <summary>Gives the first rows back to the callers. Of the worker alone.</summary>
    /// <param name="count">Number of rows, all of which <see cref="Peek"/> has shown.</param>
    public void Release(int count)
    {
        for (var i = 0; i < count; i++)
        {
            var row = _rows[_head & (_rows.Length - 1)];
            row.Clear();
            Volatile.Write(ref row.Turn, _head + _rows.Length);
            _head++;
        }
    }
}
