using Mlp.Runtime.Data;
using Mlp.Runtime.Models;

namespace Mlp.Runtime.Tests.Models;

public sealed class FeatureBindingTests
{
    private static readonly FeatureRowLayout Mixed = new(
    [
        new("company", FeatureType.String, "trip"),
        new("fare", FeatureType.Float32, "trip"),
        new("trips", FeatureType.Int64, "company"),
        new("miles", FeatureType.Float32, "trip"),
    ]);

    [Fact]
    public void Create_OneTensorPerType_BindsBlocksInOrderOfTheSignature()
    {
        var binding = FeatureBinding.Create("tips", 3, Signature(
            Tensor("string", TensorElementKind.String, -1, 1),
            Tensor("status", TensorElementKind.UInt8, -1, 4),
            Tensor("float32", TensorElementKind.Float32, -1, 2),
            Tensor("int64", TensorElementKind.Int64, -1, -1)), Mixed);

        Assert.Equal(
        [
            new FeatureInput(0, "string", FeatureInputKind.Block, FeatureType.String, -1, 0, 1, 2),
            new FeatureInput(1, "status", FeatureInputKind.Status, null, -1, 0, 4, 2),
            new FeatureInput(2, "float32", FeatureInputKind.Block, FeatureType.Float32, -1, 0, 2, 2),
            new FeatureInput(3, "int64", FeatureInputKind.Block, FeatureType.Int64, -1, 0, 1, 2),
        ], binding.Inputs);
        Assert.True(binding.IsBlocks);
    }

    [Fact]
    public void Create_OneTensorWithAnotherName_BindsByType()
    {
        var binding = FeatureBinding.Create("m", null, Signature(Tensor("input", TensorElementKind.Float32, -1, 2)), Floats(2));

        Assert.Equal([new FeatureInput(0, "input", FeatureInputKind.Block, FeatureType.Float32, -1, 0, 2, 2)], binding.Inputs);
    }

    [Fact]
    public void Create_OneTensorPerFeature_BindsColumnsByName()
    {
        var binding = FeatureBinding.Create("m", null, Signature(
            Tensor("miles", TensorElementKind.Float32, -1, 1),
            Tensor("trips", TensorElementKind.Int64, -1),
            Tensor("company", TensorElementKind.String, -1, 1),
            Tensor("fare", TensorElementKind.Float32, -1, 1)), Mixed);

        Assert.Equal(
        [
            new FeatureInput(0, "miles", FeatureInputKind.Column, FeatureType.Float32, 3, 1, 1, 2),
            new FeatureInput(1, "trips", FeatureInputKind.Column, FeatureType.Int64, 2, 0, 1, 1),
            new FeatureInput(2, "company", FeatureInputKind.Column, FeatureType.String, 0, 0, 1, 2),
            new FeatureInput(3, "fare", FeatureInputKind.Column, FeatureType.Float32, 1, 0, 1, 2),
        ], binding.Inputs);
        Assert.False(binding.IsBlocks);
    }

    [Fact]
    public void Create_SeveralFeaturesAndOneInputNamedLikeOneOfThem_BindsABlock()
    {
        var binding = FeatureBinding.Create("m", null, Signature(Tensor("f0", TensorElementKind.Float32, -1, 2)), Floats(2));

        Assert.Equal(FeatureInputKind.Block, Assert.Single(binding.Inputs).Kind);
    }

    [Fact]
    public void Create_SingleFeatureWithItsOwnInput_BindsEitherShape()
    {
        Assert.Equal(1, Assert.Single(FeatureBinding.Create("m", null, Signature(Tensor("f0", TensorElementKind.Float32, -1)), Floats(1)).Inputs).Rank);
        Assert.Equal(2, Assert.Single(FeatureBinding.Create("m", null, Signature(Tensor("x", TensorElementKind.Float32, -1, 1)), Floats(1)).Inputs).Rank);
    }

    [Fact]
    public void Create_AnotherTypeAndShape_SaysWhatWasExpectedAndFound()
    {
        var error = Assert.Throws<InvalidModelException>(
            () => FeatureBinding.Create("taxi-tips", 3, Signature(Tensor("x", TensorElementKind.Float64, 16, 31)), Floats(32)));

        Assert.Equal("Expected input 'x' of type Float32 [N, 32], but found Float64 [16, 31] (model 'taxi-tips' version 3).", error.Message);
        Assert.Equal("taxi-tips", error.Model);
    }

    [Theory]
    [InlineData(new long[] { -1, 31 }, "Float32 [N, 31]")]
    [InlineData(new long[] { 4, 31 }, "Float32 [4, 31]")]
    [InlineData(new long[] { -1 }, "Float32 [N]")]
    [InlineData(new long[] { 0, 32 }, "Float32 [0, 32]")]
    [InlineData(new long[] { -1, 3, 32 }, "Float32 [N, 3, 32]")]
    [InlineData(new long[] { -1, -1, -1 }, "Float32 [N, ?, ?]")]
    [InlineData(new long[] { -1, 5, -1 }, "Float32 [N, 5, ?]")]
    public void Create_BlockOfAnotherShape_IsRefused(long[] dimensions, string found)
    {
        var error = Assert.Throws<InvalidModelException>(
            () => FeatureBinding.Create("m", null, Signature(Tensor("x", TensorElementKind.Float32, dimensions)), Floats(32)));

        Assert.Equal($"Expected input 'x' of type Float32 [N, 32], but found {found} (model 'm').", error.Message);
    }

    [Theory]
    [InlineData(new long[] { }, 0, null)]
    [InlineData(new long[] { -1, 32 }, 0, null)]
    [InlineData(new long[] { -1, -1 }, 0, null)]
    [InlineData(new long[] { 4, 32 }, 4, null)]
    [InlineData(new long[] { 1, -1 }, 1, null)]
    [InlineData(new long[] { -1, 1, 32 }, 0, new long[] { 1, 32 })]
    [InlineData(new long[] { 4, 8, -1, 2 }, 4, new long[] { 8, 2, 2 })]
    public void Create_RowsInOtherShapes_BindsThem(long[] dimensions, int batch, long[]? row)
    {
        var input = Assert.Single(FeatureBinding.Create("m", null, Signature(Tensor("x", TensorElementKind.Float32, dimensions)), Floats(32)).Inputs);

        Assert.Equal((32, 2, batch), (input.Width, input.Rank, input.FixedBatch));
        Assert.Equal(row, input.RowShape);
        Assert.Null(input.Conversion);
    }

    [Fact]
    public void Create_NarrowerTypes_AreConvertedUnlessAnInputHasTheTypeItself()
    {
        FeatureRowLayout layout = new([new("n", FeatureType.Int64, "v"), new("f", FeatureType.Float32, "v")]);
        var narrow = FeatureBinding.Create("m", null, Signature(Tensor("i", TensorElementKind.Int32, -1, 1), Tensor("h", TensorElementKind.Float16, -1, 1)), layout);
        var extra = Assert.Throws<InvalidModelException>(() => FeatureBinding.Create(
            "m", null, Signature(Tensor("i", TensorElementKind.Int32, -1, 1), Tensor("l", TensorElementKind.Int64, -1, 1), Tensor("h", TensorElementKind.Float16, -1, 1)), layout));

        Assert.Equal([TensorElementKind.Int32, TensorElementKind.Float16], narrow.Inputs.Select(i => i.Conversion));
        Assert.Equal("Expected an input for features only, but found input 'i' of type Int32 [N, 1], which no feature fills (model 'm').", extra.Message);
    }

    [Fact]
    public void Create_TypeWithoutInput_ListsTheInputs()
    {
        var error = Assert.Throws<InvalidModelException>(() => FeatureBinding.Create("m", null, Signature(
            Tensor("a", TensorElementKind.Float32, -1, 2), Tensor("b", TensorElementKind.Float64, -1, 2), Tensor("c", TensorElementKind.Complex64, -1, 1)), Mixed));

        Assert.Equal(
            "Expected input 'int64' of type Int64 [N, 1], but found inputs 'a' of type Float32 [N, 2], 'b' of type Float64 [N, 2], 'c' of type Complex64 [N, 1] (model 'm').",
            error.Message);
    }

    [Fact]
    public void Create_FeatureWithoutInput_NamesTheFeature()
    {
        var error = Assert.Throws<InvalidModelException>(() => FeatureBinding.Create("m", null, Signature(
            Tensor("company", TensorElementKind.String, -1, 1), Tensor("fare", TensorElementKind.Float32, -1, 1), Tensor("trips", TensorElementKind.Int64, -1, 1)), Mixed));

        Assert.Equal("Expected input 'miles' of type Float32 [N, 1] for the feature of that name, but found no such input (model 'm').", error.Message);
    }

    [Fact]
    public void Create_IntegerFeatureOnFloatColumn_IsRefused()
    {
        var layout = new FeatureRowLayout([new("a", FeatureType.Int64, "v"), new("b", FeatureType.Int64, "v")]);

        var error = Assert.Throws<InvalidModelException>(() => FeatureBinding.Create(
            "m", null, Signature(Tensor("a", TensorElementKind.Float32, -1, 1), Tensor("b", TensorElementKind.Int64, -1, 1)), layout));

        Assert.Equal("Expected input 'a' of type Int64 [N, 1], but found Float32 [N, 1] (model 'm').", error.Message);
    }

    [Fact]
    public void Create_InputThatNoFeatureFills_IsNamed()
    {
        var error = Assert.Throws<InvalidModelException>(() => FeatureBinding.Create("m", null, Signature(
            Tensor("x", TensorElementKind.Float32, -1, 2), Tensor("mask", TensorElementKind.UInt8, -1, 2)), Floats(2)));

        Assert.Equal("Expected an input for features only, but found input 'mask' of type UInt8 [N, 2], which no feature fills (model 'm').", error.Message);
    }

    [Fact]
    public void Create_StatusOfAnotherWidth_IsRefused()
    {
        var error = Assert.Throws<InvalidModelException>(() => FeatureBinding.Create("m", null, Signature(
            Tensor("x", TensorElementKind.Float32, -1, 2), Tensor("status", TensorElementKind.UInt8, -1, 3)), Floats(2)));

        Assert.Equal("Expected input 'status' of type UInt8 [N, 2], but found UInt8 [N, 3] (model 'm').", error.Message);
    }

    [Fact]
    public void Create_NoFeatures_IsRefused()
    {
        var error = Assert.Throws<InvalidModelException>(() => FeatureBinding.Create("m", null, Signature(), new FeatureRowLayout([])));

        Assert.Equal("Expected at least one feature, but found none (model 'm').", error.Message);
    }

    [Fact]
    public void BlockName_EveryType_BindsToAnInputOfThatName()
    {
        foreach (var type in Enum.GetValues<FeatureType>())
        {
            var layout = new FeatureRowLayout([new("a", type, "v"), new("b", type, "v")]);
            var binding = FeatureBinding.Create(
                "m", null, Signature(Tensor(FeatureBinding.BlockName(type), FeatureBinding.ElementKindOf(type), -1, 2)), layout);

            Assert.Equal(type, Assert.Single(binding.Inputs).Type);
        }
    }

    private static FeatureRowLayout Floats(int count)
        => new([.. Enumerable.Range(0, count).Select(i => new FeatureColumn(FormattableString.Invariant($"f{i}"), FeatureType.Float32, "v"))]);

    private static ModelSignature Signature(params TensorSpecification[] inputs) => new(inputs, []);

    private static TensorSpecification Tensor(string name, TensorElementKind kind, params long[] dimensions) => new(name, kind, dimensions);
}
