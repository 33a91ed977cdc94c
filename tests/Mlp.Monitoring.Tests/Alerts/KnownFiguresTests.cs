using System.Reflection;
using Mlp.Monitoring.Figures;
using Mlp.Monitoring.Performance;

namespace Mlp.Monitoring.Tests.Alerts;

public sealed class KnownFiguresTests
{
    [Fact]
    public void All_NamesOfFigures_AreAmongThem()
    {
        string[] parts = [nameof(FigureNames.Prefix), nameof(FigureNames.Estimated), nameof(FigureNames.LabelMaturity)];
        var named = typeof(FigureNames).GetFields(BindingFlags.Public | BindingFlags.Static).Where(f => !parts.Contains(f.Name)).Select(f => FigureNames.Prefix + (string)f.GetRawConstantValue()!).ToList();

        Assert.NotEmpty(named);
        Assert.Superset(named.ToHashSet(), KnownFigures.All.ToHashSet());
        Assert.Superset(new HashSet<string> { "labels.maturity", "performance.estimated_auc", "drift.psi", "drift.features", "log.accepted" }, KnownFigures.All.ToHashSet());
        Assert.Equal(KnownFigures.All.Count, KnownFigures.All.Distinct().Count());
    }
}
