using Mlp.Features.Online;
using Mlp.Runtime.Data;

namespace Mlp.Features.Tests.Online;

public sealed class OnlineRowBuilderTests
{
    private static readonly OnlineView View = OnlineTestViews.Create([.. OnlineTestViews.MixedFields, new OnlineField("vector", FeatureType.Float32, 3)]);

    [Fact]
    public void Begin_AfterARowWithValues_EveryFieldIsNullAgain()
    {
        var builder = new OnlineRowBuilder(View);
        var version = new RowVersion(1, 2, 3);
        builder.Begin(version);
        var empty = builder.End().ToArray();

        builder.Begin(new RowVersion(4, 5, 6));
        SetAll(builder);
        var full = builder.End().ToArray();
        builder.Begin(version);
        var again = builder.End().ToArray();

        Assert.Equal(empty, again);
        Assert.True(full.Length > empty.Length);
        Assert.Equal(version, OnlineRowCodec.ReadVersion(again));
        Assert.All(Enumerable.Range(0, View.Layout.Fields.Count), field => Assert.True(!OnlineRowCodec.IsPresent(again, field) && OnlineRowCodec.IsPresent(full, field)));
        for (var field = 0; field < View.Layout.Fields.Count; field++)
        {
            if (View.Layout.Fields[field] is { Type: FeatureType.Float32, Length: var length })
            {
                Assert.All(Enumerable.Range(0, length), i => Assert.True(float.IsNaN(BitConverter.ToSingle(again, View.Layout.OffsetOf(field) + (i * sizeof(float))))));
            }
        }
    }

    private static void SetAll(OnlineRowBuilder builder)
    {
        for (var field = 0; field < View.Layout.Fields.Count; field++)
        {
            switch (View.Layout.Fields[field])
            {
                case { Length: > 1 }:
                    builder.SetVector(field, [1, 2, 3]);
                    break;
                case { Type: FeatureType.Float32 }:
                    builder.SetFloat32(field, 1.5f);
                    break;
                case { Type: FeatureType.Float64 }:
                    builder.SetFloat64(field, 2.5);
                    break;
                case { Type: FeatureType.Int64 }:
                    builder.SetInt64(field, long.MaxValue);
                    break;
                case { Type: FeatureType.Boolean }:
                    builder.SetBoolean(field, true);
                    break;
                default:
                    builder.SetString(field, "text");
                    break;
            }
        }
    }
}
