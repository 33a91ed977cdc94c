using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Features.Definitions;
using Mlp.Features.OnDemand;
using Mlp.Runtime;
using Mlp.Runtime.Data;

namespace Mlp.Features.Joins;

/// <summary>
/// Makes the batches of a training set: row number, the columns of the question, the features in the service's order, then a status and an event time per stored view.
/// </summary>
/// <remarks>On-demand features that are computed from stored ones are computed here, row by row as they are joined.</remarks>
internal sealed class TrainingSetComposer
{
    private readonly FeatureServiceDefinition _service;
    private readonly int _spineColumns;
    private readonly OnDemandGoldenRows _goldenRows;
    private readonly IReadOnlyList<(FeatureServiceView View, OnDemandTransform Transform)> _computed;

    internal TrainingSetComposer(FeatureServiceDefinition service, Schema spine, OnDemandGoldenRows goldenRows)
    {
        _service = service;
        _goldenRows = goldenRows;
        _computed = [.. service.Views.Where(v => v.InputColumns.Count > 0).Select(v => (v, v.OnDemand!.CreateTransform()))];
        _spineColumns = spine.FieldsList.Count;
        var stored = service.Views.Where(v => v.View is not null).ToList();
        Schema = new Schema(
            [
                new Field(TrainingSetColumns.RowNumber, Int64Type.Default, nullable: false),
                .. spine.FieldsList,
                .. service.Description.Layout.Columns.Select(c => new Field(c.Name, FeatureViewDefinition.ArrowTypeOf(c.Type, c.Length), nullable: true)),
                .. stored.SelectMany(v => new[]
                {
                    new Field(TrainingSetColumns.StatusOf(v.Name), UInt8Type.Default, nullable: false),
                    new Field(TrainingSetColumns.EventTimeOf(v.Name), Int64Type.Default, nullable: true),
                }),
            ],
            metadata: null);
    }

    internal Schema Schema { get; }

    /// <summary>Indexes of the columns of the question, behind the row number.</summary>
    internal IEnumerable<int> SpineColumns => Enumerable.Range(1, _spineColumns);

    /// <summary>Puts rows of the question beside rows of the answer. The result shares memory with both.</summary>
    /// <param name="question">Rows of the spine.</param>
    /// <param name="questionStart">First of them.</param>
    /// <param name="answer">Columns of <see cref="JoinSql.Build"/>.</param>
    /// <param name="answerStart">First row.</param>
    /// <param name="count">Number of rows.</param>
    /// <param name="firstRow">Number of the first row.</param>
    internal RecordBatch Compose(RecordBatch question, int questionStart, RecordBatch answer, int answerStart, int count, long firstRow)
    {
        var beside = Enumerable.Range(0, question.ColumnCount).Select(i => ArrowArrayFactory.Slice(question.Column(i), questionStart, count)).ToList();
        var features = new IArrowArray[_service.Description.Layout.Columns.Count];
        var facts = new List<IArrowArray>();
        var next = 0;
        var nextComputed = _spineColumns;
        foreach (var view in _service.Views)
        {
            if (view.InputColumns.Count > 0)
            {
                continue;
            }

            if (view.OnDemand is not null)
            {
                // Computed when the question came in; they stand behind its columns, in order.
                foreach (var column in view.Columns)
                {
                    features[column.ColumnIndex] = beside[nextComputed++];
                }

                continue;
            }

            foreach (var column in view.Columns)
            {
                features[column.ColumnIndex] = Vectors(Answer(), _service.Description.Layout.Columns[column.ColumnIndex]);
            }

            facts.Add(Answer());
            facts.Add(Answer());
        }

        Compute(question, beside, features, facts, count, firstRow);
        var rows = new Int64Array.Builder().Reserve(count).AppendRange(Enumerable.Range(0, count).Select(i => firstRow + i)).Build();
        return new RecordBatch(Schema, [rows, .. beside.Take(_spineColumns), .. features, .. facts], count);

        static IArrowArray Vectors(IArrowArray answer, FeatureColumn column) => column.IsVector
            ? StoredVectors.ToFixedSize(answer, column.Length, column.View, column.Name)
            : answer;

        IArrowArray Answer() => ArrowArrayFactory.Slice(answer.Column(next++), answerStart, count);
    }

    /// <summary>Computes the on-demand features that need stored ones.</summary>
    private void Compute(RecordBatch question, List<IArrowArray> beside, IArrowArray[] features, List<IArrowArray> facts, int count, long firstRow)
    {
        if (_computed.Count == 0)
        {
            return;
        }

        var stored = _service.Views.Where(v => v.View is not null).Select(v => v.ViewIndex).ToList();
        var layout = _service.Description.Layout;
        var rows = new RecordBatch(question.Schema, beside, count);
        foreach (var (view, transform) in _computed)
        {
            var requests = RequestColumns.Find(transform.Definition, rows, firstRow);
            List<InputColumn> inputs = [.. view.InputColumns.Select(column => new InputColumn(features[column], (UInt8Array)facts[2 * stored.IndexOf(layout.ViewIndexOf(column))]))];
            var computed = transform.Compute(requests, inputs, count, firstRow);
            _goldenRows.Keep(transform.Definition, requests, inputs, computed, count);
            foreach (var column in view.Columns)
            {
                features[column.ColumnIndex] = computed[column.FieldIndex];
            }
        }
    }
}
