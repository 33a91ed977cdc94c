using Mlp.Monitoring.Figures;
using Mlp.Runtime.Models;

namespace Mlp.Monitoring.Performance;

/// <summary>Findings about labels that no evaluation can use.</summary>
internal static class LabelFindings
{
    /// <summary>The name of the finding about labels that their model cannot have.</summary>
    public const string WrongTest = "labels.wrong";

    /// <summary>The name of the finding about labels of predictions that no log holds.</summary>
    public const string UnknownTest = "labels.unknown";

    /// <summary>The name of the finding about labels by entity that meet no answer.</summary>
    public const string UnknownEntityTest = "labels.unknown_entity";

    /// <summary>Labels of predictions that no log holds.</summary>
    /// <param name="count">Their number.</param>
    /// <param name="labelCount">Labels in all.</param>
    /// <param name="to">Until when was looked.</param>
    public static Finding Unknown(long count, long labelCount, DateTimeOffset to)
        => Create(
            new FigureSubject("(unknown)"), UnknownTest, count, labelCount, null, to, $"Expected every label to name a logged answer, but found {count} of {labelCount} labels whose prediction no log holds.");

    /// <summary>Labels by entity that meet no answer.</summary>
    /// <param name="model">The model.</param>
    /// <param name="count">Their number.</param>
    /// <param name="labelCount">Labels in all.</param>
    /// <param name="to">Until when was looked.</param>
    public static Finding UnknownEntity(string model, long count, long labelCount, DateTimeOffset to)
        => Create(
            new FigureSubject(model),
            UnknownEntityTest,
            count,
            labelCount,
            null,
            to,
            $"Expected every label of an entity of model '{model}' to meet a logged answer of that key and event time, to the microsecond, but found {count} that meet none.");

    /// <summary>Labels that their model cannot have.</summary>
    /// <param name="subject">The model and version.</param>
    /// <param name="task">What the model predicts.</param>
    /// <param name="count">Their number.</param>
    /// <param name="labelCount">Labels in all.</param>
    /// <param name="from">From when on was looked; null for the beginning.</param>
    /// <param name="to">Until when was looked.</param>
    public static Finding Wrong(FigureSubject subject, ModelTask task, long count, long labelCount, DateTimeOffset? from, DateTimeOffset to)
        => Create(
            subject, WrongTest, count, labelCount, from, to, $"Expected {QualityProblems.Allowed(task)}, but found {count} other labels, which are left out of every figure (model '{subject.Model}' version {subject.Version}).");

    private static Finding Create(FigureSubject subject, string test, long count, long labelCount, DateTimeOffset? from, DateTimeOffset to, string message) => new()
    {
        Kind = FindingKind.DataQuality,
        Subject = subject,
        Test = test,
        Statistic = count,
        Threshold = 0,
        ReferenceRowCount = 0,
        RowCount = labelCount,
        From = from,
        To = to,
        Message = message,
    };
}
