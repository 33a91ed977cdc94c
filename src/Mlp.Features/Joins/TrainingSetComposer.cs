using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Features.Definitions;
using Mlp.Features.OnDemand;
using Mlp.Runtime.Data;

namespace Mlp.Features.Joins;

/// <summary>
/// Makes the batches of a training set: row number, the columns of the question, the features in the service's order, then a status and an event time per stored view.
/// </summary>
internal sealed class TrainingSetComposer
{
    private readonly FeatureServiceDefinition _service;
    private readonly OnDemandGoldenRows _goldenRows;

    internal TrainingSetComposer(FeatureServiceDefinition service, Schema spine, OnDemandGoldenRows goldenRows)
    {
        _service = service;
        _goldenRows = goldenRows;
        var stored = service.Views.Where(v => v.View is not null).ToList();
        Schema = new Schema(
            [
                new Field(TrainingSetColumns.RowNumber, Int64Type.Default, nullable: false),
                .. spine.FieldsList,
                .. service.Description.Layout.Columns.Select(c => new Field(c.Name, FeatureViewDefinition.ArrowTypeOf(c.Type), nullable: true)),
                .. stored.SelectMany(v => new[]
                {
                    new Field(TrainingSetColumns.StatusOf(v.Name), UInt8Type.Default, nullable: false),
                    new Field(TrainingSetColumns.EventTimeOf(v.Name), Int64Type.Default, nullable: true),
                }),
            ],
            metadata: null);
    }

    internal Schema Schema { get; }

    /// <summary>Puts rows of the question beside rows of the answer. The result shares memory with both.</summary>
    /// <param name="question">Rows of the spine.</param>
    /// <param name="questionStart">First of them.</param>
    /// <param name="answer">Columns of <see cref="JoinSql.Build"/>.</param>
    /// <param name="answerStart">First row.</param>
    /// <param name="count">Number of rows.</param>
    /// <param name="firstRow">Number of the first row.</param>
    internal RecordBatch Compose(RecordBatch question, int questionStart, RecordBatch answer, int answerStart, int count, long firstRow)
    {
        var spine = Enumerable.Range(0, question.ColumnCount).Select(i => ArrowArrayFactory.Slice(question.Column(i), questionStart, count)).ToList();
        var features = new IArrowArray[_service.Description.Layout.Columns.Count];
        var facts = new List<IArrowArray>();
        var next = 0;
        foreach (var view in _service.Views)
        {
            if (view.OnDemand is { } onDemand)
            {
                Compute(onDemand, view, question.Schema, spine, count, firstRow, features);
                continue;
            }

            foreach (var column in view.Columns)
            {
                features[column.ColumnIndex] = Answer();
            }

            facts.Add(Answer());
            facts.Add(Answer());
        }

        var rows = new Int64Array.Builder().Reserve(count).AppendRange(Enumerable.Range(0, count).Select(i => firstRow + i)).Build();
        return new RecordBatch(Schema, [rows, .. spine, .. features, .. facts], count);

        IArrowArray Answer() => ArrowArrayFactory.Slice(answer.Column(next++), answerStart, count);
    }

    private void Compute(
        OnDemandFeatureViewDefinition onDemand, FeatureServiceView view, Schema schema, List<IArrowArray> spine, int count, long firstRow, IArrowArray[] features)
    {
        var request = onDemand.RequestFields.Select(f => spine[schema.GetFieldIndex(f.Name)]).ToList();
        var columns = OnDemandBatch.Compute(onDemand, request, count, firstRow, _goldenRows);
        foreach (var column in view.Columns)
        {
            features[column.ColumnIndex] = columns[column.FieldIndex];
        }
    }
}
