using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Features.Definitions;
using Mlp.Runtime;
using Mlp.Runtime.Data;

namespace Mlp.Features.Joins;

/// <summary>
/// Makes the batches of a training set: row number, the columns of the question, the features in the service's order, then a status and an event time per stored view.
/// </summary>
internal sealed class TrainingSetComposer
{
    private readonly FeatureServiceDefinition _service;
    private readonly int _spineColumns;

    internal TrainingSetComposer(FeatureServiceDefinition service, Schema spine)
    {
        _service = service;
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

        var rows = new Int64Array.Builder().Reserve(count).AppendRange(Enumerable.Range(0, count).Select(i => firstRow + i)).Build();
        return new RecordBatch(Schema, [rows, .. beside.Take(_spineColumns), .. features, .. facts], count);

        static IArrowArray Vectors(IArrowArray answer, FeatureColumn column) => column.IsVector
            ? StoredVectors.ToFixedSize(answer, column.Length, column.View, column.Name)
            : answer;

        IArrowArray Answer() => ArrowArrayFactory.Slice(answer.Column(next++), answerStart, count);
    }
}
