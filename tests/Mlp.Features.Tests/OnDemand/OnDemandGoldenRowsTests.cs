using Mlp.Features.Definitions;
using Mlp.Features.OnDemand;
using Mlp.Runtime;
using Mlp.Runtime.Storage;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.OnDemand;

public sealed class OnDemandGoldenRowsTests : IDisposable
{
    private readonly TempDirectory _temp = new();
    private readonly OnDemandGoldenRows _golden;

    public OnDemandGoldenRowsTests()
        => _golden = new OnDemandGoldenRows(new DefinitionStore(_temp.FullName, DiskSync.Instance), DiskSync.Instance);

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void Check_SameMethod_Passes()
    {
        Keep(OrderFeatures.From);

        _golden.Check(Transform(OrderFeatures.From));
    }

    [Fact]
    public void Check_NothingKept_Passes() => _golden.Check(Transform(OrderFeatures.From));

    [Fact]
    public void Check_MethodChangedUnderTheSameVersion_NamesTheFeature()
    {
        Keep(OrderFeatures.From);

        var thrown = Assert.Throws<FeatureDefinitionException>(
            () => _golden.Check(Transform(o => OrderFeatures.From(o) with { Price = o.Price == 0 ? 0 : Math.BitIncrement(o.Price) })));

        Assert.Contains("feature 'price' of golden row", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("Raise its version", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Keep_Twice_KeepsTheFirstRows()
    {
        Keep(OrderFeatures.From);
        Keep(o => OrderFeatures.From(o) with { Load = -1 });

        _golden.Check(Transform(OrderFeatures.From));
    }

    [Fact]
    public void Check_DamagedFile_SaysSo()
    {
        Keep(OrderFeatures.From);
        var file = Directory.GetFiles(_temp.FullName, "*.golden.json", SearchOption.AllDirectories).Single();
        File.WriteAllText(file, File.ReadAllText(file)[..200]);

        Assert.Throws<CorruptFileException>(() => _golden.Check(Transform(OrderFeatures.From)));
    }

    private static OnDemandTransform Transform(Func<Order, OrderFeatures> method) => new OnDemandFeatureViewDefinition<Order, OrderFeatures>(method).CreateTransform();

    private void Keep(Func<Order, OrderFeatures> method)
    {
        var orders = Enumerable.Range(0, 40).Select(i => new Order(i * 0.1, i, i % 4 == 0 ? null : $"é{i}", i % 2 == 0, float.NaN)).ToArray();
        var transform = Transform(method);
        var requests = RequestColumns.Find(transform.Definition, OnDemandTransformTests.Spine(orders));
        _golden.Keep(transform.Definition, requests, [], transform.Compute(requests, [], orders.Length), orders.Length);
    }
}
