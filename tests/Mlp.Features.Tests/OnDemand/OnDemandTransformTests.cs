using Apache.Arrow;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Joins;
using Mlp.Features.OnDemand;
using Mlp.Runtime.Data;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.OnDemand;

public sealed class OnDemandTransformTests
{
    private static readonly FeatureServiceDefinition Service = new FeaturesBuilder()
        .AddOnDemand<Order, OrderFeatures>(OrderFeatures.From)
        .AddService("orders", 1, s => s.From<OrderFeatures>())
        .Build().Services[0];

    [Fact]
    public void FindWriter_Request_WritesValuesAndStatuses()
    {
        var rows = new FeatureRows(Service.Description.Layout, 2);
        rows.Reset(2);
        var write = OnDemandWriters.Find<Order>(Service)!;

        write(new Order(12.5, 3, "Ünit", true, Weight: 2f), rows, 0);
        write(new Order(1, null, null, null, Weight: 1f), rows, 1);

        Assert.Equal([2.5f, 1f], rows.Float32.ToArray());
        Assert.Equal([12.5, 1.0], rows.Float64.ToArray());
        Assert.Equal([6, 0], rows.Int64.ToArray());
        Assert.Equal([true, false], rows.Boolean.ToArray());
        Assert.Equal("Ünit!"u8, rows.StringOf(0, 0));
        Assert.All(rows.StatusOf(0).ToArray(), s => Assert.Equal(FeatureStatus.Present, s));
        Assert.Equal(
            [FeatureStatus.Present, FeatureStatus.Present, FeatureStatus.Null, FeatureStatus.Null, FeatureStatus.Null], rows.StatusOf(1).ToArray());
    }

    [Fact]
    public void FindWriter_AnotherRequestType_IsNull() => Assert.Null(OnDemandWriters.Find<string>(Service));

    [Fact]
    public void FindWriter_StructFeatures_AllocatesNothing()
    {
        var rows = new FeatureRows(Service.Description.Layout, 1);
        var write = OnDemandWriters.Find<Order>(Service)!;
        var order = new Order(12.5, 3, null, true, Weight: 2f);

        Assert.Equal(0, Allocations.OfBestRun(() => Repeat(write, order, rows, 10_000)));
    }

    /// <summary>Training and serving run the same method on the same values: the same bits and statuses.</summary>
    [Fact]
    public void Compute_Batch_AgreesWithTheWriterBitForBit()
    {
        var orders = Enumerable.Range(0, 50)
            .Select(i => new Order(i * 0.37, i % 7 == 0 ? null : i, i % 5 == 0 ? null : $"unit {i}", i % 3 == 0 ? null : i % 2 == 0, i / 3f)).ToArray();
        var transform = Service.Views[0].OnDemand!.CreateTransform();

        var columns = transform.Compute(RequestColumns.Find(transform.Definition, Spine(orders)), [], orders.Length);

        var rows = new FeatureRows(Service.Description.Layout, orders.Length);
        rows.Reset(orders.Length);
        var write = OnDemandWriters.Find<Order>(Service)!;
        for (var i = 0; i < orders.Length; i++)
        {
            write(orders[i], rows, i);
            Assert.Equal(BitConverter.SingleToInt32Bits(rows.Float32Of(i)[0]), BitConverter.SingleToInt32Bits(((FloatArray)columns[0]).Values[i]));
            Assert.Equal(rows.Float64Of(i)[0], ((DoubleArray)columns[1]).Values[i]);
            Assert.Equal(rows.StatusOf(i)[2] == FeatureStatus.Present ? rows.Int64Of(i)[0] : null, ((Int64Array)columns[2]).GetValue(i));
            Assert.Equal(rows.StatusOf(i)[3] == FeatureStatus.Present ? rows.BooleanOf(i)[0] : null, ((BooleanArray)columns[3]).GetValue(i));
            Assert.Equal(
                rows.StatusOf(i)[4] == FeatureStatus.Present ? System.Text.Encoding.UTF8.GetString(rows.StringOf(i, 0)) : null, ((StringArray)columns[4]).GetString(i));
        }
    }

    [Fact]
    public void Compute_NullForAPropertyThatTakesNone_NamesIt()
    {
        var batch = new RecordBatch.Builder()
            .Append("price", true, new DoubleArray.Builder().Append(1).AppendNull().Build())
            .Append("count", true, new Int64Array.Builder().Append(1).Append(2).Build())
            .Append("unit", true, new StringArray.Builder().Append("a").Append("b").Build())
            .Append("is_gift", true, new BooleanArray.Builder().Append(true).Append(false).Build())
            .Append("weight", true, new FloatArray.Builder().Append(1).Append(2).Build())
            .Build();
        var transform = Service.Views[0].OnDemand!.CreateTransform();

        var thrown = Assert.Throws<SpineException>(() => transform.Compute(RequestColumns.Find(transform.Definition, batch), [], batch.Length, rowsBefore: 100));

        Assert.Equal(
            "Expected a value in column 'price' of the rows for 'Order.Price' of the on-demand feature view 'order_features' version 1, but found null in row 102. Make the property nullable if it may be absent.",
            thrown.Message);
        Assert.Equal(("price", 102), (thrown.Column, thrown.Row));
    }

    [Fact]
    public void Find_MissingColumn_NamesIt()
    {
        var batch = new RecordBatch.Builder().Append("price", true, new DoubleArray.Builder().Append(1).Build()).Build();

        var thrown = Assert.Throws<SpineException>(() => RequestColumns.Find(Service.Views[0].OnDemand!, batch));

        Assert.StartsWith("Expected a column 'count' of type Int64", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Find_ColumnOfAnotherType_NamesIt()
    {
        var batch = new RecordBatch.Builder().Append("price", true, new StringArray.Builder().Append("1").Build()).Build();

        var thrown = Assert.Throws<SpineException>(() => RequestColumns.Find(Service.Views[0].OnDemand!, batch));

        Assert.Contains("in column 'price'", thrown.Message, StringComparison.Ordinal);
    }

    internal static RecordBatch Spine(IReadOnlyList<Order> orders)
    {
        var price = new DoubleArray.Builder();
        var count = new Int32Array.Builder();
        var unit = new StringArray.Builder();
        var gift = new BooleanArray.Builder();
        var weight = new FloatArray.Builder();
        foreach (var order in orders)
        {
            price.Append(order.Price);
            _ = order.Count is { } c ? count.Append(c) : count.AppendNull();
            unit.Append(order.Unit);
            _ = order.IsGift is { } g ? gift.Append(g) : gift.AppendNull();
            weight.Append(order.Weight);
        }

        return new RecordBatch.Builder()
            .Append("weight", true, weight.Build())
            .Append("price", true, price.Build())
            .Append("count", true, count.Build())
            .Append("unit", true, unit.Build())
            .Append("is_gift", true, gift.Build())
            .Build();
    }

    private static void Repeat(RequestFeatureWriter<Order> write, Order order, FeatureRows rows, int count)
    {
        for (var i = 0; i < count; i++)
        {
            rows.Reset(1);
            write(order, rows, 0);
        }
    }
}

internal sealed record Order(double Price, int? Count, string? Unit, bool? IsGift, float Weight);

internal readonly record struct OrderFeatures(float Load, double Price, long? Doubled, bool? IsGift, string? Label)
{
    public static OrderFeatures From(Order order)
        => new(order.Count is null ? order.Weight : order.Weight + 0.5f, order.Price, order.Count * 2, order.IsGift, order.Unit is null ? null : order.Unit + "!");
}
