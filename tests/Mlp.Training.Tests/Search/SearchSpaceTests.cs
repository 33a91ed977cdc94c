using Mlp.Training.Search;

namespace Mlp.Training.Tests.Search;

public sealed class SearchSpaceTests
{
    [Theory]
    [InlineData(0.0, "0.5", "0.001", "-2", "a")]
    [InlineData(0.5, "0.75", "0.01", "0", "b")]
    [InlineData(0.9999999, "0.9999999", "0.0999", "2", "c")]
    public void At_Coordinates_GiveTheirValues(double at, string uniform, string logUniform, string whole, string choice)
    {
        var parameters = new SearchSpace().Uniform("u", 0.5, 1).LogUniform("l", 0.001, 0.1).Int("i", -2, 2).Choice("c", "a", "b", "c").At([at, at, at, at]);

        Assert.Equal(double.Parse(uniform, System.Globalization.CultureInfo.InvariantCulture), parameters.GetDouble("u"), 1e-6);
        Assert.Equal(double.Parse(logUniform, System.Globalization.CultureInfo.InvariantCulture), parameters.GetDouble("l"), 1e-3);
        Assert.Equal((whole, choice), (parameters.GetText("i"), parameters.GetText("c")));
    }

    [Fact]
    public void At_Condition_DecidesWhichSettingsExist()
    {
        var space = new SearchSpace().Choice("optimizer", "adam", "sgd").When("optimizer", "sgd", s => s.Uniform("momentum", 0, 1)).Int("layers", 1, 4);

        Assert.Equal(["optimizer", "layers"], space.At([0.1, 0.5, 0.9]).Values.Keys);
        var sgd = space.At([0.9, 0.5, 0.9]);
        Assert.Equal((0.5, 4), (sgd.GetDouble("momentum"), sgd.GetInt("layers")));
        Assert.Throws<KeyNotFoundException>(() => space.At([0.1, 0.5, 0.9]).GetDouble("momentum"));
    }

    [Fact]
    public void Add_WrongSettings_AreSentences()
    {
        var space = new SearchSpace().Choice("c", "a", "b");

        Says("Expected each setting once, but 'c' was added before.", () => space.Int("c", 0, 1));
        Says("Expected the setting 'u' to have a finite range that is not empty, but found 1 to 1.", () => space.Uniform("u", 1, 1));
        Says("Expected the setting 'l' to have a finite range above 0 that is not empty, but found 0 to 1.", () => space.LogUniform("l", 0, 1));
        Says("Expected the setting 'i' to have a range that is not empty, but found 2 to 1.", () => space.Int("i", 2, 1));
        Says("Expected the setting 'd' to have at least one value, each once.", () => space.Choice("d", "x", "x"));
        Says("Expected a choice 'absent' that was added before, but found none.", () => space.When("absent", "a", _ => { }));
        Says("Expected one of the values of the choice 'c' ('a', 'b'), but found 'z'.", () => space.When("c", "z", _ => { }));

        static void Says(string sentence, Func<object> act) => Assert.StartsWith(sentence, Assert.Throws<ArgumentException>(act).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 2)]
    [InlineData(1, 3)]
    [InlineData(2, 5)]
    public void Halton_BlockOfBaseToTheThird_HasOnePointInEachCell(int dimension, int @base)
    {
        // The property that makes the sequence: any base^k points in a row, from a multiple of it, fall into the base^k cells one each.
        var sequence = new HaltonSequence(3, seed: 7);
        var cells = @base * @base * @base;

        for (var block = 0; block < 3; block++)
        {
            var hit = Enumerable.Range(block * cells, cells).Select(i => (int)(sequence.At(i, dimension) * cells)).Order();
            Assert.Equal(Enumerable.Range(0, cells), hit);
        }
    }

    [Fact]
    public void Halton_AnotherSeed_IsAnotherSequence()
        => Assert.NotEqual(new HaltonSequence(1, 1).At(5, 0), new HaltonSequence(1, 2).At(5, 0));
}
