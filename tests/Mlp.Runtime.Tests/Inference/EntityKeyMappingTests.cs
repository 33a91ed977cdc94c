using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;

namespace Mlp.Runtime.Tests.Inference;

public sealed class EntityKeyMappingTests
{
    private static readonly Guid Id = new("01980c3e-7b3a-7f00-8000-000000000001");

    private static readonly FeatureServiceDescription Service = Describe(
        new KeyColumn("company_name", EntityValueKind.String), new KeyColumn("area", EntityValueKind.Int64), new KeyColumn("trip_id", EntityValueKind.Guid));

    private sealed record Everything(Guid? TripId, short Area, string? CompanyName, double Unused);

    private readonly record struct Nulls(Guid? Trip_Id, int? AREA, string? companyName);

    private sealed record WrongType(Guid TripId, double Area, string CompanyName);

    private sealed record Ambiguous(Guid TripId, Guid Trip_Id, int Area, string CompanyName);

    private sealed record Wide(ulong Area);

    [Fact]
    public void Compile_Record_TakesPropertiesByNameInKeyOrder()
    {
        Assert.Equal(["Flash Cab", 8L, Id], Map(new Everything(Id, 8, "Flash Cab", 1), Service));
    }

    [Fact]
    public void Compile_NullableProperties_AreNullKeys()
    {
        Assert.Equal([EntityValue.Null, EntityValue.Null, EntityValue.Null], Map(new Nulls(null, null, null), Service));
        Assert.Equal(["", -1L, Id], Map(new Nulls(Id, -1, string.Empty), Service));
    }

    [Fact]
    public void Compile_AnonymousType_IsTaken()
    {
        Assert.Equal(["x", 1L, Id], Map(new { TripId = Id, Area = (byte)1, Company_Name = "x" }, Service));
    }

    [Fact]
    public void Compile_OneKey_TakesTheBareValue()
    {
        Assert.Equal(["x"], Map("x", Describe(new KeyColumn("company", EntityValueKind.String))));
        Assert.Equal([EntityValue.Null], Map<string?>(null, Describe(new KeyColumn("company", EntityValueKind.String))));
        Assert.Equal([7L], Map<int?>(7, Describe(new KeyColumn("area", EntityValueKind.Int64))));
    }

    [Fact]
    public void Compile_Parts_AreChecked()
    {
        Assert.Equal(["x", 1L, EntityValue.Null], Map(new EntityValue[] { "x", 1L, default }, Service));
        Assert.Equal(
            "Expected 3 entity keys ('company_name', 'area', 'trip_id'), but found 1 (feature service 'trips' version 1). (Parameter 'keys')",
            Assert.Throws<ArgumentException>(() => Map(new EntityValue[] { "x" }, Service)).Message);
        Assert.Equal(
            "Expected entity key 'area' of kind Int64, but found String (feature service 'trips' version 1). (Parameter 'keys')",
            Assert.Throws<ArgumentException>(() => Map<ReadOnlyMemory<EntityValue>>(new EntityValue[] { "x", "y", Id }, Service)).Message);
    }

    [Fact]
    public void Compile_NullRecord_SaysSo() => Assert.Throws<ArgumentNullException>("keys", () => Map<Everything>(null!, Service));

    [Fact]
    public void Compile_MissingProperty_NamesTheKey()
    {
        Assert.Equal(
            "Expected type 'Wide' to have a property for entity key 'company_name', but found properties 'Area' (feature service 'trips' version 1).",
            Assert.Throws<ArgumentException>(() => EntityKeyMapping.Compile<Wide>(Service)).Message);
    }

    [Fact]
    public void Compile_TwoProperties_NamesBoth()
    {
        Assert.Equal(
            "Expected one property of type 'Ambiguous' for entity key 'trip_id', but found 'TripId', 'Trip_Id' (feature service 'trips' version 1).",
            Assert.Throws<ArgumentException>(() => EntityKeyMapping.Compile<Ambiguous>(Service)).Message);
    }

    [Fact]
    public void Compile_WrongType_NamesTheProperty()
    {
        Assert.Equal(
            "Expected property 'Area' of type 'WrongType' to be an integer of at most 64 signed bits, but found Double (feature service 'trips' version 1).",
            Assert.Throws<ArgumentException>(() => EntityKeyMapping.Compile<WrongType>(Service)).Message);
        Assert.Contains(
            "but found UInt64",
            Assert.Throws<ArgumentException>(() => EntityKeyMapping.Compile<Wide>(Describe(new KeyColumn("area", EntityValueKind.Int64)))).Message,
            StringComparison.Ordinal);
    }

    private static EntityValue[] Map<TKeys>(TKeys keys, FeatureServiceDescription service)
    {
        var destination = new EntityValue[service.Keys.Count];
        EntityKeyMapping.Compile<TKeys>(service)(in keys, destination);
        return destination;
    }

    private static FeatureServiceDescription Describe(params KeyColumn[] keys)
        => new("trips", 1, TestFeatures.Fingerprint, keys, new FeatureRowLayout([new("f", FeatureType.Float32, "view")]));
}
