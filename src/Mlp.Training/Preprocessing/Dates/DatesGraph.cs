using Mlp.Runtime.Data;
using Mlp.Runtime.Onnx;

namespace Mlp.Training.Preprocessing.Dates;

/// <summary>Writes a <see cref="DatesBlock"/>: <see cref="CivilTime"/> as int64 nodes over all timestamps at once.</summary>
internal sealed class DatesGraph(DatesBlock block, EncodingGraph graph)
{
    private readonly int[] _columns = [.. block.Features.Select(f => f.Column)];

    /// <summary>Adds the nodes.</summary>
    /// <returns>Names of float values that together are the outputs of the block.</returns>
    public static IReadOnlyList<string> Write(DatesBlock block, EncodingGraph graph) => new DatesGraph(block, graph).Write();

    private List<string> Write()
    {
        var parts = graph.Concat(Parts(), "date_parts");
        var outputs = new List<string>();
        var plain = Chosen(f => f.Parts);
        if (plain.Count > 0)
        {
            var numbers = graph.Cast(Choose(parts, plain), OnnxDataType.Float64);
            var centred = Node("Sub", numbers, graph.Constant("date_means", [.. block.Features.SelectMany(f => f.Means)], plain.Count));
            var scaled = Node("Div", centred, graph.Constant("date_deviations", [.. block.Features.SelectMany(f => f.Deviations)], plain.Count));
            outputs.Add(OrZero(graph.Cast(scaled, OnnxDataType.Float32), plain));
        }

        // Each twice: for the sine, and behind it for the cosine.
        var cyclic = Chosen(f => f.CyclicParts).SelectMany(c => new[] { c, c }).ToList();
        if (cyclic.Count > 0)
        {
            var (table, offsets) = Circles(cyclic);
            var found = Node("Add", Choose(parts, cyclic), graph.Constant("circle_offsets", offsets, offsets.Length));
            outputs.Add(OrZero(Node("Gather", graph.Constant("circles", table, table.Length), found), cyclic));
        }

        int[] indicated = [.. block.Features.Where(f => f.HasIndicator).Select(f => f.Column)];
        if (indicated.Length > 0)
        {
            outputs.Add(graph.Cast(Node("Not", graph.Present(indicated)), OnnxDataType.Float32));
        }

        return outputs;
    }

    private List<(int Feature, CalendarPart Part)> Chosen(Func<DateEncoding, DateParts> partsOf)
        => [.. block.Features.SelectMany((f, i) => CalendarPart.Of(partsOf(f)).Select(p => (i, p)))];

    // Of the parts of all timestamps, which stand part by part.
    private string Choose(string parts, List<(int Feature, CalendarPart Part)> chosen)
        => graph.Columns(parts, [.. chosen.Select(c => (IndexOf(c.Part) * _columns.Length) + c.Feature)], CalendarPart.All.Count * _columns.Length);

    private string OrZero(string values, List<(int Feature, CalendarPart Part)> chosen)
        => Node("Where", graph.Present([.. chosen.Select(c => _columns[c.Feature])]), values, graph.Constant("none", [0f]));

    private static (float[] Table, long[] Offsets) Circles(List<(int Feature, CalendarPart Part)> cyclic)
    {
        var table = new List<float>();
        var offsets = new long[cyclic.Count];
        for (var i = 0; i < cyclic.Count; i++)
        {
            offsets[i] = table.Count - cyclic[i].Part.Least;
            table.AddRange(cyclic[i].Part.Circle().Select(p => i % 2 == 0 ? p.Sine : p.Cosine));
        }

        return ([.. table], offsets);
    }

    // In the order of CalendarPart.All, (N, timestamps) each.
    private List<string> Parts()
    {
        var stamps = graph.Values(FeatureType.Int64, _columns);
        var units = graph.Constant("units_per_second", [.. block.Features.Select(f => f.UnitsPerSecond)], _columns.Length);
        var seconds = Node("Add", FloorDivide(stamps, units), graph.Constant("utc_offsets", [.. block.Features.Select(f => f.OffsetSeconds)], _columns.Length));
        var secondOfDay = Modulo(seconds, Scalar(CivilTime.SecondsPerDay));
        var days = Node("Div", Node("Sub", seconds, secondOfDay), Scalar(CivilTime.SecondsPerDay));
        var shifted = Node("Add", days, Scalar(CivilTime.EpochShift));
        var dayOfEra = Modulo(shifted, Scalar(CivilTime.DaysPerEra));
        var era = Node("Div", Node("Sub", shifted, dayOfEra), Scalar(CivilTime.DaysPerEra));
        var yearOfEra = Divide(
            Node("Sub", Node("Add", Node("Sub", dayOfEra, Divide(dayOfEra, 1460)), Divide(dayOfEra, 36_524)), Divide(dayOfEra, 146_096)), 365);
        var beforeYear = Node("Sub", Node("Add", Times(yearOfEra, 365), Divide(yearOfEra, 4)), Divide(yearOfEra, 100));
        var dayOfMarchYear = Node("Sub", dayOfEra, beforeYear);
        var marchMonth = Divide(Node("Add", Times(dayOfMarchYear, 5), Scalar(2)), 153);
        var isBeforeJanuary = Node("Less", marchMonth, Scalar(10));
        var month = Node("Add", marchMonth, Node("Where", isBeforeJanuary, Scalar(3), Scalar(-9)));
        var marchYear = Node("Add", yearOfEra, Times(era, 400));
        var year = Node("Add", marchYear, Node("Where", isBeforeJanuary, Scalar(0), Scalar(1)));
        var day = Node("Add", Node("Sub", dayOfMarchYear, Divide(Node("Add", Times(marchMonth, 153), Scalar(2)), 5)), Scalar(1));
        var weekday = Modulo(Node("Add", days, Scalar(CivilTime.EpochWeekday)), Scalar(7));
        var weekend = graph.Cast(Node("GreaterOrEqual", weekday, Scalar(CivilTime.Saturday)), OnnxDataType.Int64);
        var hour = Divide(secondOfDay, 3600);
        var minute = Divide(Modulo(secondOfDay, Scalar(3600)), 60);
        return [year, month, day, weekday, DayOfYear(days, year), hour, minute, weekend];
    }

    private string DayOfYear(string days, string year)
    {
        var before = Node("Sub", year, Scalar(1));
        var leapDays = Node("Add", Node("Sub", FloorDivide(before, Scalar(4)), FloorDivide(before, Scalar(100))), FloorDivide(before, Scalar(400)));
        return Node("Sub", Node("Add", days, Scalar(CivilTime.DaysToEpoch + 1)), Node("Add", Times(before, 365), leapDays));
    }

    private string FloorDivide(string value, string divisor) => Node("Div", Node("Sub", value, Modulo(value, divisor)), divisor);

    // Takes the sign of the divisor.
    private string Modulo(string value, string divisor) => Node("Mod", value, divisor);

    private string Divide(string value, long divisor) => Node("Div", value, Scalar(divisor));

    private string Times(string value, long factor) => Node("Mul", value, Scalar(factor));

    private string Scalar(long value) => graph.Constant("integer", [value]);

    private string Node(string operation, params string[] inputs) => graph.Builder.AddNode(operation, inputs);

    private static int IndexOf(CalendarPart part) => CalendarPart.All.ToList().IndexOf(part);
}
