namespace Mlp.Runtime.Inference;

/// <summary>Reads single answers of a row, for compiled mappings.</summary>
internal static class RecordAnswers
{
    public static double Score(InferenceSlot slot, int row, int column) => slot.Score.ValueOf(row, column);

    public static double Complement(InferenceSlot slot, int row, int column) => 1 - slot.Score.ValueOf(row, column);

    public static double[] Scores(InferenceSlot slot, int row) => slot.Score.RowOf(row).ToArray();

    public static float[] ScoresAsFloats(InferenceSlot slot, int row) => Array.ConvertAll(Scores(slot, row), s => (float)s);

    public static T Value<T>(InferenceSlot slot, int row, int output)
        where T : unmanaged
        => ((ValueBuffer<T>)slot.Others[output]).RowOf(row)[0];

    public static T[] Values<T>(InferenceSlot slot, int row, int output)
        where T : unmanaged
        => ((ValueBuffer<T>)slot.Others[output]).RowOf(row).ToArray();

    public static string Text(InferenceSlot slot, int row, int output) => ((TextBuffer)slot.Others[output]).RowOf(row)[0];

    public static string[] Texts(InferenceSlot slot, int row, int output) => ((TextBuffer)slot.Others[output]).RowOf(row).ToArray();
}
