using System.Runtime.CompilerServices;
using Mlp.Runtime.Data;

namespace Mlp.Features.Online;

/// <summary>One stored view of a service: where its key lies in the service's key, and how its rows get into the columns. Immutable and thread-safe.</summary>
internal sealed class OnlineServiceView
{
    private readonly int[] _keyIndexes;
    private readonly bool _isSlice;

    /// <summary>Resolves a view.</summary>
    /// <param name="plan">How its rows get into the columns.</param>
    /// <param name="viewIndex">Index of the view in the layout's views.</param>
    /// <param name="keyIndexes">Per key of the view its index in the service's keys.</param>
    internal OnlineServiceView(ViewReadPlan plan, int viewIndex, IReadOnlyList<int> keyIndexes)
    {
        Plan = plan;
        ViewIndex = viewIndex;
        _keyIndexes = [.. keyIndexes];
        _isSlice = _keyIndexes.Select((index, i) => index == _keyIndexes[0] + i).All(follows => follows);
    }

    /// <summary>How its rows get into the columns.</summary>
    internal ViewReadPlan Plan { get; }

    /// <summary>Index of the view in the layout's views.</summary>
    internal int ViewIndex { get; }

    /// <summary>The view's key within a key of the service. Allocates only for keys of many parts in another order.</summary>
    /// <param name="key">A key of the service.</param>
    /// <param name="parts">Room for the parts if they must be brought into order.</param>
    internal ReadOnlySpan<EntityValue> SelectKey(ReadOnlySpan<EntityValue> key, ref KeyParts parts)
    {
        if (_isSlice)
        {
            return key.Slice(_keyIndexes[0], _keyIndexes.Length);
        }

        var selected = _keyIndexes.Length <= KeyParts.Length ? SpanOf(ref parts)[.._keyIndexes.Length] : new EntityValue[_keyIndexes.Length];
        for (var i = 0; i < _keyIndexes.Length; i++)
        {
            selected[i] = key[_keyIndexes[i]];
        }

        return selected;
    }

    private static Span<EntityValue> SpanOf([System.Diagnostics.CodeAnalysis.UnscopedRef] ref KeyParts parts) => parts;

    /// <summary>Room for the parts of a key on the stack.</summary>
    [InlineArray(Length)]
    internal struct KeyParts
    {
        /// <summary>Number of parts that fit.</summary>
        internal const int Length = 8;

        private EntityValue _first;
    }
}
