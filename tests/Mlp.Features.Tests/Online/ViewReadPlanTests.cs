using System.Text;
using Mlp.Features.Online;
using Mlp.Runtime.Data;

namespace Mlp.Features.Tests.Online;

public sealed class ViewReadPlanTests
{
    private const long Start = OnlineTestViews.Start;

    [Fact]
    public void Layout_HeaderAndWideFields_AreAligned()
    {
        var layout = OnlineTestViews.Create(OnlineTestViews.MixedFields).Layout;
        Assert.Equal((8, 32, 32), (OnlineRowLayout.VersionOffset, OnlineRowLayout.HeaderLength, OnlineRowLayout.PresenceOffset));
        Assert.All(Enumerable.Range(0, layout.Fields.Count).Where(i => layout.Fields[i].Type is FeatureType.Float64 or FeatureType.Int64), i => Assert.Equal(0, layout.OffsetOf(i) % 8));
    }

    [Theory]
    [InlineData(0, FeatureStatus.Present)]
    [InlineData(1, FeatureStatus.Missing)]
    [InlineData(0x80, FeatureStatus.Missing)]
    public void Decode_RowWithAFlag_IsReadOnlyIfAllAreKnown(byte flag, FeatureStatus expected)
    {
        var view = OnlineTestViews.Floats(2);
        var layout = OnlineTestViews.LayoutOf(view);
        var row = OnlineTestViews.FloatRow(view, new RowVersion(10, 10, 1), 1.5f);
        row[7] = flag;
        var rows = new FeatureRows(layout, 1);
        rows.Reset(1);
        OnlineTestViews.PlanOf(view, layout).Decode(row, rows, 0, 20);

        Assert.Equal(expected, rows.StatusOf(0)[0]);
        Assert.Equal(flag == 0, OnlineRowCodec.IsWhole(row, view));
    }

    [Fact]
    public void Decode_MixedRow_WritesValuesStatusesAndEventTime()
    {
        var view = OnlineTestViews.Create(OnlineTestViews.MixedFields);
        var layout = OnlineTestViews.LayoutOf(view);
        var rows = new FeatureRows(layout, 2);
        rows.Reset(2);

        OnlineTestViews.PlanOf(view, layout).Decode(MixedRow(view), rows, 1, Start + 5);

        Assert.Equal([1.5f, float.NaN, 3.5f], rows.Float32Of(1).ToArray());
        Assert.Equal([-7L], rows.Int64Of(1).ToArray());
        Assert.Equal([2.25], rows.Float64Of(1).ToArray());
        Assert.Equal([true], rows.BooleanOf(1).ToArray());
        Assert.Equal("grüß", Encoding.UTF8.GetString(rows.StringOf(1, 0)));
        Assert.Equal(string.Empty, Encoding.UTF8.GetString(rows.StringOf(1, 1)));
        Assert.Equal(
            [FeatureStatus.Present, FeatureStatus.Present, FeatureStatus.Present, FeatureStatus.Null, FeatureStatus.Present, FeatureStatus.Present, FeatureStatus.Present, FeatureStatus.Present],
            rows.StatusOf(1).ToArray());
        Assert.Equal([Start], rows.EventTimesOf(1).ToArray());
        Assert.All(rows.StatusOf(0).ToArray(), status => Assert.Equal(FeatureStatus.Missing, status));
    }

    [Fact]
    public void Decode_ServiceTakesSomeFieldsInAnotherOrder_PutsEachIntoItsColumn()
    {
        var view = OnlineTestViews.Create(OnlineTestViews.MixedFields);
        var layout = new FeatureRowLayout(
        [
            new FeatureColumn("c", FeatureType.Float32, view.Name), new FeatureColumn("t2", FeatureType.String, view.Name), new FeatureColumn("other", FeatureType.Float32, "other"),
            new FeatureColumn("a", FeatureType.Float32, view.Name), new FeatureColumn("t1", FeatureType.String, view.Name), new FeatureColumn("t1 again", FeatureType.String, view.Name),
        ]);
        var rows = new FeatureRows(layout, 1);
        var plan = new ViewReadPlan(view, layout, 0, [(7, 0), (6, 1), (0, 3), (1, 4), (1, 5)]);

        plan.Decode(MixedRow(view), rows, 0, Start);

        Assert.Equal([3.5f, float.NaN, 1.5f], rows.Float32Of(0).ToArray());
        Assert.Equal(string.Empty, Encoding.UTF8.GetString(rows.StringOf(0, 0)));
        Assert.Equal("grüß", Encoding.UTF8.GetString(rows.StringOf(0, 1)));
        Assert.Equal("grüß", Encoding.UTF8.GetString(rows.StringOf(0, 2)));
        Assert.Equal(FeatureStatus.Missing, rows.StatusOf(0)[2]);
    }

    [Theory]
    [InlineData(-1, FeatureStatus.Missing)]
    [InlineData(0, FeatureStatus.Present)]
    [InlineData(10, FeatureStatus.Present)]
    [InlineData(11, FeatureStatus.Expired)]
    public void Decode_TimeToLiveOfTen_IsPresentUpToItsEdge(long age, FeatureStatus expected)
    {
        var view = OnlineTestViews.Floats(3, timeToLive: 10);
        var layout = OnlineTestViews.LayoutOf(view);
        var rows = new FeatureRows(layout, 1);

        OnlineTestViews.PlanOf(view, layout).Decode(OnlineTestViews.FloatRow(view, new RowVersion(Start, Start, 1), 4), rows, 0, Start + age);

        Assert.All(rows.StatusOf(0).ToArray(), status => Assert.Equal(expected, status));
        Assert.All(rows.Float32Of(0).ToArray(), value => Assert.Equal(expected == FeatureStatus.Present ? 4 : float.NaN, value));
        Assert.Equal(expected == FeatureStatus.Missing ? FeatureRows.NoEventTime : Start, rows.EventTimesOf(0)[0]);
    }

    [Fact]
    public void Decode_PresentNaN_KeepsItsBitsAndIsPresent()
    {
        var view = OnlineTestViews.Floats(1);
        var layout = OnlineTestViews.LayoutOf(view);
        var rows = new FeatureRows(layout, 1);
        var odd = BitConverter.UInt32BitsToSingle(0x7FC0_1234);

        OnlineTestViews.PlanOf(view, layout).Decode(OnlineTestViews.FloatRow(view, new RowVersion(Start, Start, 1), odd), rows, 0, Start);

        Assert.Equal(0x7FC0_1234u, BitConverter.SingleToUInt32Bits(rows.Float32Of(0)[0]));
        Assert.Equal(FeatureStatus.Present, rows.StatusOf(0)[0]);
    }

    [Fact]
    public void Decode_RowOfAnotherDefinition_IsMissing()
    {
        var old = OnlineTestViews.Floats(2);
        var view = OnlineTestViews.Create([new("f0", FeatureType.Float32), new("f1", FeatureType.Float32)], fingerprintStart: "ffffffff");
        var layout = OnlineTestViews.LayoutOf(view);
        var rows = new FeatureRows(layout, 1);

        OnlineTestViews.PlanOf(view, layout).Decode(OnlineTestViews.FloatRow(old, new RowVersion(Start, Start, 1), 4), rows, 0, Start);

        Assert.All(rows.StatusOf(0).ToArray(), status => Assert.Equal(FeatureStatus.Missing, status));
    }

    [Fact]
    public void IsWhole_EveryShorterOrLongerRow_IsRefused()
    {
        var view = OnlineTestViews.Create(OnlineTestViews.MixedFields);
        var row = MixedRow(view);

        Assert.True(OnlineRowCodec.IsWhole(row, view));
        Assert.False(OnlineRowCodec.IsWhole([.. row, 0], view));
        for (var length = 0; length < row.Length; length++)
        {
            Assert.False(OnlineRowCodec.IsWhole(row.AsSpan(0, length), view));
        }
    }

    private static byte[] MixedRow(OnlineView view)
    {
        var builder = new OnlineRowBuilder(view);
        builder.Begin(new RowVersion(Start, Start + 1, 9));
        builder.SetFloat32(0, 1.5f);
        builder.SetString(1, "grüß");
        builder.SetInt64(2, -7);
        builder.SetBoolean(4, true);
        builder.SetFloat64(5, 2.25);
        builder.SetString(6, string.Empty);
        builder.SetFloat32(7, 3.5f);
        return builder.End().ToArray();
    }
}
