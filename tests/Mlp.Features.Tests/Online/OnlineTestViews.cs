using System.Globalization;
using Mlp.Features.Online;
using Mlp.Runtime.Data;

namespace Mlp.Features.Tests.Online;

/// <summary>Views, rows and small stores for the tests of the online store.</summary>
internal static class OnlineTestViews
{
    internal const long Start = 1_700_000_000_000_000;

    /// <summary>The least hot tier that settings allow: a few hundred rows, so that tests of many rows evict.</summary>
    internal const long SmallHotTier = 64 << 10;

    internal static readonly OnlineField[] MixedFields =
    [
        new("f32a", FeatureType.Float32), new("text1", FeatureType.String), new("i64", FeatureType.Int64), new("f32b", FeatureType.Float32),
        new("flag", FeatureType.Boolean), new("f64", FeatureType.Float64), new("text2", FeatureType.String), new("f32c", FeatureType.Float32),
    ];

    internal static OnlineView Create(OnlineField[] fields, uint id = 1, long timeToLive = 0, string fingerprintStart = "a1b2c3d4")
        => new(id, "v" + id.ToString(CultureInfo.InvariantCulture), 1, fingerprintStart.PadRight(64, '0'), [new KeyColumn("id", EntityValueKind.Int64)], fields, timeToLive);

    internal static OnlineView Floats(int count, uint id = 1, long timeToLive = 0)
        => Create([.. Enumerable.Range(0, count).Select(i => new OnlineField("f" + i.ToString(CultureInfo.InvariantCulture), FeatureType.Float32))], id, timeToLive);

    internal static FeatureRowLayout LayoutOf(OnlineView view)
        => new([.. view.Layout.Fields.Select(field => new FeatureColumn(field.Name, field.Type, view.Name))]);

    internal static ViewReadPlan PlanOf(OnlineView view, FeatureRowLayout layout)
        => new(view, layout, 0, view.Layout.Fields.Select((field, i) => (i, layout.IndexOf(field.Name))));

    internal static byte[] KeyOf(OnlineView view, long id)
    {
        EntityValue[] key = [id];
        var bytes = new byte[OnlineView.GetMaximumKeyLength(key)];
        return bytes[..view.EncodeKey(key, bytes)];
    }

    /// <summary>A row whose every float is derived from its sequence, so that a mixed row shows.</summary>
    internal static byte[] FloatRow(OnlineView view, RowVersion version, float value)
    {
        var builder = new OnlineRowBuilder(view);
        builder.Begin(version);
        for (var i = 0; i < view.Layout.Fields.Count; i++)
        {
            builder.SetFloat32(i, value);
        }

        return builder.End().ToArray();
    }

    internal static OnlineStoreOptions SmallOptions(long hotTierSize = 0) => new()
    {
        HotTierSize = hotTierSize,
        MemorySize = 1 << 20,
        IndexSize = 1 << 16,
        PageSize = 1 << 16,
        SegmentSize = 1 << 18,
    };
}
