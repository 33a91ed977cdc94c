using System.Diagnostics;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Predictions;

namespace Mlp.Runtime.Routing;

/// <summary>One call as a shadow shall see it. Its memory is used again for the next one. Written by whoever claimed it from a <see cref="ShadowRing"/>, then read by the worker.</summary>
/// <param name="layout">The features of the shadow's version.</param>
/// <param name="keyCount">Number of entity keys of its service.</param>
internal sealed class ShadowRow(FeatureRowLayout layout, int keyCount)
{
    private KeyValuePair<string, string>[] _tags = [];
    private int _tagCount;
    private int _keyCount;

    /// <summary>Which turn of the ring the row is at; see <see cref="ShadowRing"/>.</summary>
    public long Turn;

    /// <summary>The features, as they were read for the call; nothing when <see cref="Call"/> reads others.</summary>
    public FeatureRows Features { get; } = new(layout, 1);

    /// <summary>Reads the shadow's own features; null when <see cref="Features"/> holds them.</summary>
    public IShadowCall? Call { get; private set; }

    /// <summary>The prediction that was served.</summary>
    public PredictionId ServedId { get; private set; }

    /// <summary>Its score.</summary>
    public double ServedScore { get; private set; }

    /// <summary>Its class.</summary>
    public int ServedClass { get; private set; }

    /// <summary>The time that features are read for, microseconds.</summary>
    public long EventTime { get; private set; }

    /// <summary>When the call came in, microseconds.</summary>
    public long RequestTime { get; private set; }

    /// <summary>Trace of the caller.</summary>
    public ActivityTraceId TraceId { get; private set; }

    /// <summary>The entity keys.</summary>
    public EntityValue[] KeyBuffer { get; } = new EntityValue[keyCount];

    /// <summary>The entity keys; empty when the caller brought the features.</summary>
    public ReadOnlySpan<EntityValue> Keys => KeyBuffer.AsSpan(0, _keyCount);

    /// <summary>The caller's tags.</summary>
    public ReadOnlySpan<KeyValuePair<string, string>> Tags => _tags.AsSpan(0, _tagCount);

    /// <summary>Keeps what was served.</summary>
    /// <param name="record">The prediction.</param>
    /// <param name="call">By which the shadow reads features of its own; null for a copy of the row.</param>
    /// <param name="score">Reads the score that was served.</param>
    public void Keep(in PredictionRecord record, IShadowCall? call, ScoreReader score)
    {
        Call = call;
        ServedId = record.Id;
        (ServedScore, ServedClass) = score.Read(record.Scores);
        EventTime = record.EventTime;
        RequestTime = record.RequestTime;
        TraceId = record.TraceId;
        if (_tags.Length < record.Tags.Length)
        {
            _tags = new KeyValuePair<string, string>[record.Tags.Length];
        }

        record.Tags.CopyTo(_tags);
        _tagCount = record.Tags.Length;
        _keyCount = call is null ? record.Keys.Length : KeyBuffer.Length;
        if (call is null)
        {
            record.Keys.CopyTo(KeyBuffer);
            Features.Restart(1);
            FeatureRowCopy.CopyRow(record.Features, Features, 0);
        }
    }

    /// <summary>Lets go of what the caller passed.</summary>
    public void Clear()
    {
        Call = null;
        KeyBuffer.AsSpan().Clear();
        _tags.AsSpan(0, _tagCount).Clear();
        _tagCount = 0;
    }
}
