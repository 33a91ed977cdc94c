using Mlp.TestSupport;
using Quickstart;
using Quickstart.Data;

namespace Mlp.Integration.Tests.Quickstart;

public sealed class TripCsvTests : IDisposable
{
    private const string Header =
        "pickup_community_area,fare,trip_start_month,trip_start_hour,trip_start_day,trip_start_timestamp,trip_miles,payment_type,company,trip_seconds,tips";

    private readonly TempDirectory _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void Read_Trips_SortsThemAndKeepsWhatIsUnknownNull()
    {
        var source = Read(Header, "8,10,5,19,6,1400269500,1.5,Cash,Flash Cab,600,3", ",4.25,3,19,6,1362683700,,Cash,,300,0");

        Assert.Equal([1362683700, 1400269500], source.Trips.Select(t => t.Start.ToUnixTimeSeconds()));
        Assert.Null(source.Trips[0].Company);
        Assert.Null(source.Trips[0].PickupArea);
        Assert.False(source.Trips[0].IsBigTip);
        Assert.True(source.Trips[1].IsBigTip);
        Assert.Equal(source.Trips[1].Start.AddSeconds(600), source.Trips[1].End);
    }

    [Fact]
    public void Read_MissingColumn_NamesItAndTheFile()
    {
        var thrown = Assert.Throws<InvalidDataException>(() => Read(Header.Replace(",tips", string.Empty, StringComparison.Ordinal), "8,10,5,19,6,1400269500,1.5,Cash,Flash Cab,600"));

        Assert.StartsWith($"Expected the column 'tips' in '{_temp.Combine("trips.csv")}', but found only", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_BadNumber_NamesRowAndColumn()
    {
        var thrown = Assert.Throws<InvalidDataException>(() => Read(Header, "8,10,5,19,6,1400269500,1.5,Cash,Flash Cab,600,3", "8,ten,5,19,6,1400269500,1.5,Cash,Flash Cab,600,3"));

        Assert.Contains("column 'fare', row 3", thrown.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("ten", thrown.Message[..thrown.Message.IndexOf("of '", StringComparison.Ordinal)], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(5, "99999999999999999", "Expected a number from 0 to 253,000,000,000 in column 'trip_start_timestamp', row 7 of '", "found one outside that range")]
    [InlineData(5, "-1", "'trip_start_timestamp', row 7 of '", "found one outside that range")]
    [InlineData(5, "", "'trip_start_timestamp', row 7 of '", "found nothing")]
    [InlineData(9, "1e300", "'trip_seconds', row 7 of '", "found one outside that range")]
    [InlineData(6, "-3", "'trip_miles', row 7 of '", "found one outside that range")]
    [InlineData(1, "Infinity", "'fare', row 7 of '", "found one outside that range")]
    [InlineData(1, "NaN", "'fare', row 7 of '", "found NaN")]
    [InlineData(0, "99999999999999999999", "Expected a whole number from 0 to 1,000,000,000 in column 'pickup_community_area', row 7 of '", "found one outside that range")]
    [InlineData(3, "24", "Expected a whole number from 0 to 23 in column 'trip_start_hour', row 7 of '", "found one outside that range")]
    [InlineData(2, "1.5", "'trip_start_month', row 7 of '", "found a fraction")]
    public void Read_NumberThatMakesNoSense_NamesRowAndColumn(int column, string value, string where, string found)
    {
        var lines = GoodLines(10);
        var fields = lines[6].Split(',');
        fields[column] = value;
        lines[6] = string.Join(',', fields);

        var thrown = Assert.Throws<InvalidDataException>(() => Read(lines));

        Assert.Contains(where, thrown.Message, StringComparison.Ordinal);
        Assert.EndsWith($"but {found}.", thrown.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("8,10,5,19,6,1400269500,1.5,Cash,Flash Cab,600")]
    [InlineData("8,10,5,19,6,1400269500,1.5,Cash,Flash Cab,600,3,4")]
    public void Read_BrokenRow_NamesItAndShowsNoValue(string broken)
    {
        var lines = GoodLines(40);
        lines[20] = broken;

        var thrown = Assert.Throws<InvalidDataException>(() => Read(lines));

        Assert.StartsWith($"Expected 11 comma-separated fields, with every quote closed, in row 21 of '{_temp.Combine("trips.csv")}'", thrown.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Flash Cab", thrown.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("8,10,5")]
    [InlineData("8,10,5,19,6,1400269500,1.5,\"Cash,Flash Cab,600,3")]
    public void Read_RaggedRowOrOpenQuote_NamesTheRowAndNoColumns(string line)
    {
        var lines = GoodLines(30);
        lines[20] = line;

        var thrown = Assert.Throws<InvalidDataException>(() => Read(lines));

        Assert.Contains("row 21", thrown.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Expected the column", thrown.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(40, false)]
    [InlineData(40, true)]
    [InlineData(20, false)]
    public void Read_OpenQuote_NamesItsRow(int count, bool hasLaterQuotes)
    {
        var lines = GoodLines(count);
        lines[20] = "8,10,5,19,6,1400269500,1.5,Cash,\"Flash Cab,600,3";
        if (hasLaterQuotes)
        {
            lines[30] = "8,10,5,19,6,1400269500,1.5,Cash,\"Flash Cab\",600,3";
        }

        var thrown = Assert.Throws<InvalidDataException>(() => Read(lines));

        Assert.Contains("row 21 ", thrown.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Flash", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_QuotedFieldsAndHeader_AreRead()
    {
        var source = Read(
            $"{Header},\"a \"\"note\"\", unused\"".Replace("company", "\"company\"", StringComparison.Ordinal),
            "8,10,5,19,6,1400269500,1.5,Cash,\"Flash, Cab\",600,3,\"x, y\"");

        Assert.Equal("Flash, Cab", source.Trips.Single().Company);
    }

    [Fact]
    public void Read_RepeatedColumn_NamesIt()
        => Assert.Contains("but found 'fare' 2 times", Assert.Throws<InvalidDataException>(() => Read($"{Header},fare", "8,10,5,19,6,1400269500,1.5,Cash,Flash Cab,600,3,1")).Message, StringComparison.Ordinal);

    [Fact]
    public void Read_UnknownFile_KnowsNoBounds() => Assert.Null(Read(GoodLines(10)).KnownAuc);

    [Fact]
    public void Read_NoFile_SaysSo() => Assert.Throws<FileNotFoundException>(() => TripCsv.Read(_temp.Combine("absent.csv")));

    [Theory]
    [InlineData("--tripz", "found '--tripz'")]
    [InlineData("--data", "end of the command line")]
    public void Parse_WrongOption_NamesIt(string argument, string expected)
        => Assert.Contains(expected, Assert.Throws<ArgumentException>(() => QuickstartOptions.Parse([argument])).Message, StringComparison.Ordinal);

    [Fact]
    public void Parse_ShuffleLabels_IsASwitch() => Assert.True(QuickstartOptions.Parse(["--shuffle-labels"]).ShuffleLabels);

    /// <summary>A header and trips, so that the line at index i is row i + 1.</summary>
    private static string[] GoodLines(int count) => [Header, .. Enumerable.Repeat("8,10,5,19,6,1400269500,1.5,Cash,Flash Cab,600,3", count)];

    private TripSource Read(params string[] lines)
    {
        File.WriteAllLines(_temp.Combine("trips.csv"), lines);
        return TripCsv.Read(_temp.Combine("trips.csv"));
    }
}
