using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Predictions;

namespace Mlp.Features.Skew;

/// <summary>Served rows in memory that was allocated at once. Not thread-safe.</summary>
internal sealed class SkewSamples
{
    private const int TextBytesPerRow = 256;

    private readonly int _width;
    private readonly EntityValue[] _keys;
    private readonly (PredictionId Id, long Time, long RequestTime)[] _facts;
    private readonly int _textBytes;
    private int _usedTextBytes;

    internal SkewSamples(FeatureRowLayout layout, int keyCount, int capacity)
    {
        _width = keyCount;
        _keys = new EntityValue[keyCount * capacity];
        _facts = new (PredictionId, long, long)[capacity];
        Rows = new FeatureRows(layout, capacity);
        Rows.Restart(capacity);
        if (layout.WidthOf(FeatureType.String) > 0)
        {
            // The room for texts is made before the first is kept, and never grows.
            _textBytes = TextBytesPerRow * capacity;
            Rows.SetString(0, 0, new byte[_textBytes]);
        }

        Clear();
    }

    internal FeatureRows Rows { get; }

    internal int Count { get; private set; }

    internal ReadOnlySpan<EntityValue> KeyOf(int row) => _keys.AsSpan(row * _width, _width);

    internal (PredictionId Id, long Time, long RequestTime) FactsOf(int row) => _facts[row];

    /// <summary>Copies a row; false when there is no room.</summary>
    internal bool TryAdd(in PredictionRecord record)
    {
        var texts = 0;
        for (var ordinal = 0; ordinal < Rows.Layout.WidthOf(FeatureType.String); ordinal++)
        {
            texts += record.Features.StringOf(ordinal).Length;
        }

        if (Count == _facts.Length || _usedTextBytes + texts > _textBytes || record.Keys.Length != _width)
        {
            return false;
        }

        FeatureRowCopy.CopyRow(record.Features, Rows, Count);
        record.Keys.CopyTo(_keys.AsSpan(Count * _width));
        _facts[Count] = (record.Id, record.EventTime, record.RequestTime);
        _usedTextBytes += texts;
        Count++;
        return true;
    }

    internal void Clear()
    {
        Rows.Restart(_facts.Length);
        System.Array.Clear(_keys);
        (Count, _usedTextBytes) = (0, 0);
    }
}
